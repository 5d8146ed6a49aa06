using System.Globalization;

namespace Samehost.TestPeer;

/// <summary>What follows the name of a command.</summary>
internal sealed class PeerArguments
{
    private readonly Dictionary<string, string> _options = [];

    public PeerArguments(string[] args)
    {
        Path = UnixEndPoint.FromPath(args[1]);
        for (int i = 2; i + 1 < args.Length; i += 2)
            _options[args[i]] = args[i + 1];
    }

    public UnixEndPoint Path { get; }

    public string? Option(string name) => _options.GetValueOrDefault(name);

    public int Number(string name, int otherwise) =>
        Option(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    /// <summary>The options of the socket file: <c>--mode 660</c> (octal), <c>--group NAME</c>.</summary>
    public SocketFileOptions SocketFile()
    {
        var options = new SocketFileOptions { Group = Option("--group") };
        if (Option("--mode") is { } mode)
            options.Mode = (UnixFileMode)Convert.ToInt32(mode, 8);
        if (Option("--lock-timeout") is { } milliseconds)
            options.LockTimeout = TimeSpan.FromMilliseconds(int.Parse(milliseconds, CultureInfo.InvariantCulture));
        return options;
    }
}
