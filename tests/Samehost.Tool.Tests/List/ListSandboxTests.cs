using Samehost.Tests.Support;
using Samehost.Tool.Tests.Support;

namespace Samehost.Tool.Tests.List;

/// <summary><c>samehost list</c> in a process that may not use an address family.</summary>
[Collection(NonParallel.Name)]
public sealed class ListSandboxTests : ListFixture
{
    [Fact(Timeout = Limit)]
    public async Task Without_netlink_the_family_is_named_and_not_the_kernel()
    {
        using var listener = Listen("a");
        var result = await RunConfinedAsync("no-netlink", "list", At("a"));
        Assert.Equal(1, result.Status);
        Assert.Contains("AF_NETLINK", result.Errors, StringComparison.Ordinal);
        Assert.Contains("RestrictAddressFamilies=", result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("CONFIG_UNIX_DIAG", result.Errors, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task Without_local_sockets_files_that_cannot_be_probed_are_counted_and_not_reported_as_absent()
    {
        await LeaveBehindAsync("a");
        var result = await RunConfinedAsync("no-unix", "list", "--stale", At("a"));
        Assert.Contains("socket files could not be probed", result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("no local socket matches", result.Errors, StringComparison.Ordinal);
    }

    private async Task<ToolResult> RunConfinedAsync(string restriction, params string[] arguments)
    {
        string[] command = [.. SandboxProgram.With(restriction), Tool, .. arguments];
        await using var run = StartProgram(command[0], command[1..]);
        return await run.EndAsync();
    }
}
