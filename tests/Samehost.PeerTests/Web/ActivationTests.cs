using System.Diagnostics;
using Samehost.PeerTests.Support;

namespace Samehost.PeerTests.Web;

/// <summary>A web service whose socket is passed by a service manager.</summary>
public sealed class ActivationTests : WebPeerTest
{
    [Fact(Timeout = 180_000)]
    public async Task A_socket_passed_by_name_is_served_and_its_file_stays_when_the_service_stops()
    {
        var curl = ForeignProgram.Curl;
        await using var service = await ActivateAsync("--fdname=greeter", Path("unused"));

        Assert.Equal([$"Hi, {Environment.UserName}"], await RunAsync(curl, "-sS", "--fail", "--unix-socket", Socket, "http://localhost/"));
        Assert.False(File.Exists(Path("unused")));

        service.Signal(15);
        await service.ExitStatusAsync();
        Assert.True(File.Exists(Socket));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_socket_passed_with_another_name_is_not_served()
    {
        var curl = ForeignProgram.Curl;
        await using var service = await ActivateAsync("--fdname=another", Path("own"));
        using var waker = Process.Start(new ProcessStartInfo(curl, ["-s", "--max-time", "60", "--unix-socket", Socket, "http://localhost/"])
        {
            RedirectStandardOutput = true,
        })!;

        await SocketTable.WaitForServerAsync(Path("own"));
        Assert.Equal(
            [$"Hi, {Environment.UserName}"], await RunAsync(curl, "-sS", "--fail", "--unix-socket", Path("own"), "http://localhost/"));
        Assert.False(waker.HasExited);
        waker.Kill();
    }

    [Fact(Timeout = 180_000)]
    public async Task A_socket_passed_with_another_name_is_served_where_its_address_is_the_configured_one()
    {
        var curl = ForeignProgram.Curl;
        await using var service = await ActivateAsync("--fdname=another", Socket);

        Assert.Equal([$"Hi, {Environment.UserName}"], await RunAsync(curl, "-sS", "--fail", "--unix-socket", Socket, "http://localhost/"));
        service.Signal(15);
        await service.ExitStatusAsync();
        Assert.True(File.Exists(Socket));
    }

    private Task<RunningProgram> ActivateAsync(string name, string address) =>
        SocketActivation.StartAsync([name, "-l", Socket], Programs.Sample("greeter"), $"unix:{address}");
}
