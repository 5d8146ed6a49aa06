using System.Text;

namespace Samehost.TestPeer;

/// <summary>
/// <c>talk PATH</c>: connects and sends each line it is given, and says what comes back, or <c>closed</c>. <c>half TEXT</c> sends the text
/// without an end of line and waits for nothing.
/// </summary>
internal static class Talk
{
    public static void Run(PeerArguments arguments)
    {
        using UnixStream stream = UnixStream.Connect(arguments.Path);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        Console.WriteLine("ready");
        while (Console.ReadLine() is { } line)
        {
            if (line.StartsWith("half ", StringComparison.Ordinal))
            {
                stream.Write(Encoding.ASCII.GetBytes(line["half ".Length..]));
                Console.WriteLine("sent");
                continue;
            }
            try
            {
                stream.Write(Encoding.ASCII.GetBytes(line + '\n'));
                Console.WriteLine(reader.ReadLine() ?? "closed");
            }
            catch (IOException)
            {
                Console.WriteLine("closed");
            }
        }
    }
}
