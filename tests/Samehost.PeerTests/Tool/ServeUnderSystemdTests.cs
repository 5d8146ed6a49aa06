using Samehost.PeerTests.Interop;
using Samehost.PeerTests.Support;

namespace Samehost.PeerTests.Tool;

/// <summary><c>samehost serve</c> started by systemd-socket-activate, which waits for the first client and then executes it.</summary>
public sealed class ServeUnderSystemdTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory(Timeout = 180_000)]
    [InlineData("stream")]
    [InlineData("seqpacket", "--seqpacket")]
    [InlineData("datagram", "-d")]
    public async Task A_passed_socket_of_any_type_is_served(string type, params string[] options)
    {
        await using var server = await ActivateAsync([.. options, "-l", _folder["a"]], "--echo");
        await using var client = Connect("a", "--type", type);
        client.Type("g1");
        await client.ExpectAsync("g1");
        var open = type == "datagram" ? "all users that may write to it" : "self,root";
        await ExpectLineAsync(server, $"samehost: serving {_folder["a"]} ({type}), open to {open}");
        server.Signal(LibcSignal.SIGTERM);
        Assert.Equal(0, await server.ExitStatusAsync());
        Assert.Contains("a", _folder.Names); // the manager deletes it
    }

    [Fact(Timeout = 180_000)]
    public async Task Several_passed_sockets_are_each_served_by_a_program()
    {
        await using var server =
            await ActivateAsync(["-l", _folder["a"], "-l", _folder["b"]], "--exec", "sh", "-c",
                "cat; basename $IPCLOCALPATH; env | grep ^LISTEN_");
        foreach (var name in (string[])["a", "b"])
        {
            await using var client = Connect(name);
            client.Type("g1");
            client.CloseInput();
            await client.ExpectAsync("g1", name);
            await client.ExpectExitAsync(0);
        }
    }

    [Fact(Timeout = 180_000)]
    public async Task A_passed_socket_is_selected_by_name_or_by_number()
    {
        await using var named =
            await ActivateAsync(["-l", _folder["a"], "-l", _folder["b"], "--fdname=front:back"], "systemd:back", "--echo");
        await using var client = Connect("b");
        client.Type("g1");
        await client.ExpectAsync("g1");
        await ExpectServingAsync(named, $"{_folder["b"]} (stream)");

        await using var numbered = await ActivateAsync(["-l", _folder["c"]], "fd:3", "--echo");
        await using var other = Connect("c");
        other.Type("g2");
        await other.ExpectAsync("g2");
    }

    [Fact(Timeout = 180_000)]
    public async Task An_unknown_name_and_several_sockets_without_a_program_are_errors()
    {
        await using var named = await ActivateAsync(["-l", _folder["a"]], "systemd:web");
        await using var waker = Connect("a");
        await ExpectLineAsync(named, $"samehost: no socket of the name 'web' was passed, but unknown (StreamListener, {_folder["a"]})");
        Assert.Equal(1, await named.ExitStatusAsync());

        await using var several = await ActivateAsync(["-l", _folder["b"], "-l", _folder["c"]]);
        await using var other = Connect("b");
        await ExpectLineAsync(several, "samehost: several sockets were passed: --echo, --exec or --keep can serve them all");
        Assert.Equal(2, await several.ExitStatusAsync());
    }

    private RunningProgram Connect(string name, params string[] options) =>
        RunningProgram.Start(Programs.Tool, ["connect", _folder[name], .. options]);

    private static Task<RunningProgram> ActivateAsync(string[] options, params string[] arguments) =>
        SocketActivation.StartAsync(options, [Programs.Tool, "serve", .. arguments]);

    private static Task ExpectServingAsync(RunningProgram server, string what) =>
        ExpectLineAsync(server, $"samehost: serving {what}, open to self,root");

    /// <summary>Waits for a line among those of the activator.</summary>
    private static async Task ExpectLineAsync(RunningProgram server, string line)
    {
        string? said;
        do
            said = await server.NextErrorAsync();
        while (said is not null && !said.StartsWith("samehost: ", StringComparison.Ordinal));
        Assert.Equal(line, said);
    }
}
