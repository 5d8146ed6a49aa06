using System.Globalization;
using System.Text;

namespace Samehost.TestPeer;

/// <summary>
/// <c>converse PATH --type stream|seqpacket|datagram</c>: a client that does as each line of its input says: <c>connect [PATH]</c>,
/// <c>say TEXT</c>, <c>hear</c>, <c>claim PID UID GID TEXT</c> (datagrams), <c>flood COUNT EACH</c> (descriptors, each message waiting for
/// its answer). One line of output for each.
/// </summary>
internal static class Converse
{
    public static void Run(PeerArguments arguments)
    {
        using Speaker speaker = arguments.Option("--type") switch
        {
            "seqpacket" => new SeqpacketSpeaker(),
            "datagram" => new DatagramSpeaker(),
            _ => new StreamSpeaker(),
        };
        Console.WriteLine("ready");
        while (Console.ReadLine() is { } line)
            Console.WriteLine(Answer(speaker, line.Split(' '), arguments.Path));
    }

    private static string Answer(Speaker speaker, string[] words, UnixEndPoint path)
    {
        try
        {
            switch (words[0])
            {
                case "connect":
                    speaker.Connect(words.Length > 1 ? UnixEndPoint.Parse(words[1]) : path);
                    return "connected";
                case "say":
                    speaker.Say(Encoding.UTF8.GetBytes(words[1]), []);
                    return "said";
                case "claim":
                    speaker.Claim(
                        new UnixCredentials((int)Number(words[1]), Number(words[2]), Number(words[3])), Encoding.UTF8.GetBytes(words[4]));
                    return "said";
                case "flood":
                    return Flood(speaker, (int)Number(words[1]), (int)Number(words[2]));
                default:
                    return speaker.Hear() is { } heard ? "heard " + Encoding.UTF8.GetString(heard) : "end";
            }
        }
        catch (UnixSocketException e)
        {
            return $"failed {e.Errno}";
        }
        catch (IOException e) when (e.InnerException is UnixSocketException inner)
        {
            return $"failed {inner.Errno}";
        }
    }

    private static uint Number(string word) => uint.Parse(word, CultureInfo.InvariantCulture);

    private static string Flood(Speaker speaker, int count, int each)
    {
        using var file = File.OpenHandle("/dev/null");
        var handles = Enumerable.Repeat(file, each).ToArray();
        int refused = 0;
        for (int i = 0; i < count; i++)
        {
            try
            {
                speaker.Say([1], handles);
                _ = speaker.Hear();
            }
            catch (UnixSocketException e) when (e.Errno == Errno.EPERM)
            {
                refused++;
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"refused {refused} of {count}");
    }
}
