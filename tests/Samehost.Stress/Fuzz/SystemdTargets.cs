using System.Text;
using Samehost.Systemd;

namespace Samehost.Stress.Fuzz;

/// <summary>LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES: the first three lines of an input.</summary>
internal sealed class ListenTarget : FuzzTarget
{
    private const int OpenDescriptors = 5;

    public override string Name => "listen";

    public override IReadOnlyList<string> Words { get; } =
        ["4711", "\n", ":", "0", "5", "2147483647", "2147483644", "9223372036854775808", "-1", "a:b", "\0"];

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public override string Run(byte[] input)
    {
        var lines = Text(input).Split('\n', 3);
        var environment = new TestEnvironment(
            ("LISTEN_PID", lines[0]), ("LISTEN_FDS", lines.ElementAtOrDefault(1)), ("LISTEN_FDNAMES", lines.ElementAtOrDefault(2)));
        try
        {
            var names = ListenVariables.Take(environment, static (name, value, index) =>
            {
                if (index >= OpenDescriptors)
                    throw ServiceEnvironment.Problem(name, value, "it is not open.");
            }, out var hint);
            Require(hint is null || names.Length == 0, $"sockets were taken, and yet: {hint}");
            Require(names.Length <= OpenDescriptors, $"{names.Length} descriptors were taken, and {OpenDescriptors} are open");
            Require(environment.Count == 0, "the variables are still there");
            if (names.Length > 0)
            {
                Require(lines[0].All(char.IsAsciiDigit), $"LISTEN_PID was {UntrustedText.Show(lines[0])}");
                Require(lines[1].All(char.IsAsciiDigit), $"LISTEN_FDS was {UntrustedText.Show(lines[1])}");
            }
            return $"taken {names.Length}";
        }
        catch (InvalidDataException e)
        {
            Require(!e.Message.Any(char.IsControl), $"the message is {UntrustedText.Show(e.Message)}");
            Require(environment.Count == 0, "the variables are still there");
            return GetKind(e);
        }
    }
}

/// <summary>Messages to the service manager, and the environment variables of its socket.</summary>
internal sealed class NotifyTarget : FuzzTarget
{
    private readonly UnixDatagram _manager = UnixDatagram.Bind(
        UnixEndPoint.Autobind, new UnixDatagramOptions { PeerPolicy = PeerPolicy.SelfAndRoot });

    private readonly byte[] _buffer = new byte[1 << 16];

    public override string Name => "notify";

    public override IReadOnlyList<string> Words { get; } =
        ["READY=1", "STATUS=", "=", "\n", "\0", "\u2028", "\u0085", "/run/systemd/notify", "@notify", "vsock:2:1", "1000000", ":"];

    public override string Run(byte[] input)
    {
        var text = Text(input);
        var notify = new SystemdNotifier(_manager.LocalEndPoint);
        var outcome = new StringBuilder();

        // Assignments are received unchanged, one a line.
        var assignments = text.Split('|');
        outcome.Append(Send(() => notify.Send(assignments), sent => sent == string.Join('\n', assignments)));
        // A status is received as one line.
        outcome.Append(Send(() => notify.SetStatus(text), static sent =>
            sent.StartsWith("STATUS=", StringComparison.Ordinal) && !sent.Any(char.IsControl)));
        outcome.Append(Send(
            () => notify.RemoveStoredDescriptors(text), sent => sent.Split('\n') is { Length: 2 } both && both.Contains($"FDNAME={text}")));

        var lines = text.Split('\n', 3);
        var environment = new TestEnvironment(
            ("NOTIFY_SOCKET", lines[0]), ("WATCHDOG_USEC", lines.ElementAtOrDefault(1)), ("WATCHDOG_PID", lines.ElementAtOrDefault(2)));
        try
        {
            outcome.Append(NotifyVariables.Supervisor(environment)?.Kind);
            var interval = NotifyVariables.WatchdogInterval(environment);
            Require(interval is null || interval > TimeSpan.Zero, $"the watchdog's interval is {interval}");
            outcome.Append(interval is not null);
        }
        catch (InvalidDataException e)
        {
            outcome.Append(GetKind(e));
        }
        return outcome.ToString();
    }

    public override ValueTask DisposeAsync() => _manager.DisposeAsync();

    private string Send(Action send, Func<string, bool> isRight)
    {
        try
        {
            send();
        }
        catch (ArgumentException)
        {
            return "refused ";
        }
        catch (UnixSocketException e) when (e.Errno == Errno.EMSGSIZE)
        {
            return "too long ";
        }
        var received = _manager.Receive(_buffer);
        var text = Encoding.UTF8.GetString(_buffer, 0, received.Count);
        Require(isRight(text), $"the manager received {UntrustedText.Show(text)}");
        return "sent ";
    }
}

/// <summary>The environment variables of an input.</summary>
internal sealed class TestEnvironment : ServiceEnvironment
{
    private readonly Dictionary<string, string> _variables = [];

    /// <summary>A value that is missing or <c>-</c> is not set.</summary>
    public TestEnvironment(params (string Name, string? Value)[] variables)
    {
        foreach (var (name, value) in variables)
        {
            if (value is not (null or "-"))
                _variables[name] = value;
        }
    }

    public override int ProcessId => 4711;

    public int Count => _variables.Count;

    public override string? Get(string name) => _variables.GetValueOrDefault(name);

    public override void Clear(string name) => _variables.Remove(name);
}
