using Samehost.Tool.Tests.Support;

namespace Samehost.Tool.Tests.Serve;

/// <summary>Sockets that a service manager passes: here a Python program, which binds, sets the variables and executes the tool.</summary>
public sealed class PassedSocketTests : ToolFixture
{
    private const string Manager = """
        import os, socket, sys
        how, type, path, *command = sys.argv[1:]
        os.open("/dev/null", 0) # the number 3 is for what is passed
        listener = socket.socket(socket.AF_UNIX, getattr(socket, "SOCK_" + type))
        listener.bind(path)
        passed = listener
        if type != "DGRAM":
            listener.listen(9)
        if how == "Accept=yes":
            client = socket.socket(socket.AF_UNIX, listener.type)
            client.connect(path)
            passed, _ = listener.accept()
            if child := os.fork(): # the manager, which keeps the listener
                sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        os.dup2(passed.fileno(), 3)
        os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", LISTEN_FDNAMES="web")
        if how == "wrapper":
            os.spawnv(os.P_WAIT, command[0], command)
        else:
            os.execv(command[0], command)
        """;

    [Theory(Timeout = 180_000)]
    [InlineData("STREAM", "stream")]
    [InlineData("SEQPACKET", "seqpacket")]
    [InlineData("DGRAM", "datagram")]
    public async Task The_socket_that_was_passed_is_served_where_its_address_is_given(string type, string name)
    {
        await using var server = Pass("LISTEN_FDS", type, "serve", At("a.sock"), "--echo", "--type", name);
        await server.ReadErrorsUntilAsync($"samehost: serving {At("a.sock")} ({name})");
        Assert.Equal(new ToolResult(0, "hi\n", ""), await ConnectAsync("hi\n", At("a.sock"), "--type", name));
        server.Terminate();
        Assert.Equal(0, (await server.EndAsync()).Status);
        Assert.True(File.Exists(At("a.sock"))); // it is the manager's
    }

    [Theory(Timeout = 180_000)]
    [InlineData("STREAM", "stream")]
    [InlineData("SEQPACKET", "seqpacket")]
    public async Task The_socket_that_was_passed_is_relayed_where_its_address_is_given(string type, string name)
    {
        await using var server = await ServeAsync(At("b.sock"), "--echo", "--type", name);
        await using var relay = Pass("LISTEN_FDS", type, "relay", At("a.sock"), At("b.sock"), "--type", name);
        await relay.ReadErrorsUntilAsync("samehost: relaying ");
        Assert.Equal(new ToolResult(0, "hi\n", ""), await ConnectAsync("hi\n", At("a.sock"), "--type", name));
    }

    [Fact(Timeout = 180_000)]
    public async Task Sockets_for_the_process_of_a_wrapper_are_not_denied()
    {
        await using var server = Pass("wrapper", "STREAM", "serve", "--echo");
        var result = await server.EndAsync();
        Assert.StartsWith(
            $"samehost: no address is named, and no socket is passed to this process\nhint: The sockets of LISTEN_FDS are for process "
                + $"{server.Id} (python3), from which this process (", result.Errors, StringComparison.Ordinal);
        Assert.Contains("has to start this program by exec", result.Errors, StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_connection_is_explained_with_Accept_in_the_socket_unit()
    {
        await using var server = Pass("Accept=yes", "STREAM", "serve", "--echo");
        Assert.Equal(
            new ToolResult(1, "", "samehost: the socket passed as 'web' does not listen: it is one connection, as a socket unit with "
                + "Accept=yes passes\nhint: Set Accept=no in the socket unit, which is the default; or, as with inetd, let the service run "
                + "the program itself with StandardInput=socket.\n"),
            await server.EndAsync());

        await using var bound = Pass("Accept=yes", "STREAM", "serve", At("b.sock"), "--echo");
        var result = await bound.EndAsync();
        Assert.Contains("Address already in use (98)", result.Errors, StringComparison.Ordinal);
        Assert.Contains(
            "Descriptor 3, which this process has inherited, is a connection to it, as a socket unit with Accept=yes passes",
            result.Errors, StringComparison.Ordinal);
    }

    /// <summary>Starts the tool with a socket at the path that is the first of its arguments, or at <c>a.sock</c>.</summary>
    private ToolRun Pass(string how, string type, params string[] command) => StartProgram(
        ForeignProgram.Python, ["-c", Manager, how, type, Array.Find(command, c => c.StartsWith('/')) ?? At("a.sock"), Tool, .. command]);
}
