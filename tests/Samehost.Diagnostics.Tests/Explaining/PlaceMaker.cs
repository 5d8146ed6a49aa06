using System.Net.Sockets;
using Samehost.Tests.Support;
using Xunit;

namespace Samehost.Tests.Diagnostics.Explaining;

/// <summary>Makes places for sockets, one after another, by processes that can mount and that are in several namespaces.</summary>
/// <param name="folder">Where the places are made.</param>
/// <param name="overlay">The same on an overlay.</param>
/// <param name="host">Executes shell commands.</param>
/// <param name="server">Has the sockets.</param>
/// <param name="elsewhere">Has those of another network namespace.</param>
internal sealed class PlaceMaker(string folder, string overlay, CallingUser host, CallingUser server, CallingUser elsewhere)
{
    private string _base = "";

    /// <summary>Makes a place; returns the path to connect to.</summary>
    public async Task<string> MakeAsync(PlacedSocket place, int number)
    {
        _base = "";
        if (place.Mount == PlaceMount.AbstractName)
            return await MakeNameAsync(place);
        _base = (place.Mount is PlaceMount.Overlay or PlaceMount.OverlayRenamed ? overlay : folder) + $"/n{number}";
        await ShellAsync($"mkdir -p {_base}/src {_base}/m && chmod 755 {_base} {_base}/m");
        var made = await MakeSocketAsync(place);
        var path = await MountAsync(place, made);
        var (file, directory) = (made ? path : "", path[..path.LastIndexOf('/')]);
        if (file.Length > 0)
        {
            var owner = place.Owner is { } user ? $"chown {user} {file};" : "";
            var acl = place.Acl.Length > 0 ? $"setfacl -m {place.Acl} {file};" : "";
            // On a read-only mount they were set before.
            if (place.Mount != PlaceMount.ReadOnly)
                await ShellAsync($"{owner} chmod {Convert.ToString(place.FileMode, 8)} {file}; {acl}");
        }
        if (place.Shape == PlaceShape.Link)
        {
            await ShellAsync($"ln -s {path} {_base}/link");
            path = _base + "/link";
        }
        if (place.Mount is not (PlaceMount.ReadOnly or PlaceMount.RemovedDirectory))
            await ShellAsync($"chmod {Convert.ToString(place.DirectoryMode, 8)} {directory}");
        return path;
    }

    /// <summary>Executes a command; returns false if it fails.</summary>
    public async Task<bool> CanAsync(string command) => await host.CallAsync("run", command) == Errno.None;

    public async Task RemoveAsync(int number)
    {
        await server.CallAsync("cd", "/");
        await server.CallAsync("drop", "-");
        await elsewhere.CallAsync("drop", "-");
        if (_base.Length == 0)
            return;
        await host.CallAsync("run",
            $"for p in {_base}/m/s {_base}/m; do while umount $p; do :; done; done 2>/dev/null; chmod -R u+rwx {_base}; rm -rf {_base}");
    }

    private async Task<string> MakeNameAsync(PlacedSocket place)
    {
        var name = $"@law-{Guid.NewGuid():N}";
        if (place.Shape <= PlaceShape.Stale)
            await KeepAsync(place with { Server = place.Server == PlaceServer.Relative ? PlaceServer.Here : place.Server }, name);
        return name;
    }

    /// <summary>Makes what is in the directory <c>src</c>; returns false if that is nothing.</summary>
    private async Task<bool> MakeSocketAsync(PlacedSocket place)
    {
        var path = _base + "/src/s";
        switch (place.Shape)
        {
            case PlaceShape.Missing:
                return false;
            case PlaceShape.RegularFile:
                await ShellAsync($"touch {path}");
                return true;
            case PlaceShape.Directory:
                await ShellAsync($"mkdir {path}");
                return true;
        }
        await KeepAsync(place, path);
        return true;
    }

    private async Task KeepAsync(PlacedSocket place, string path)
    {
        var process = place.Server == PlaceServer.OtherNetwork ? elsewhere : server;
        if (place.Server == PlaceServer.Relative)
            await server.CallAsync("cd", _base + "/src");
        int? backlog = place.Type == SocketType.Dgram || place.Shape == PlaceShape.Bound ? null
            : place.Shape == PlaceShape.FullBacklog ? 0 : 128; // each caller takes one
        Assert.Equal(Errno.None, await process.CallAsync("keep", place.Server == PlaceServer.Relative ? "s" : path, place.Type, backlog));
        if (place.Shape == PlaceShape.FullBacklog && place.Type != SocketType.Dgram)
            Assert.Equal(Errno.None, await process.CallAsync("hold", path, place.Type));
        if (place.Shape == PlaceShape.Stale)
            await process.CallAsync("drop", "-");
    }

    private async Task<string> MountAsync(PlacedSocket place, bool made)
    {
        var (src, m) = (_base + "/src", _base + "/m");
        switch (place.Mount)
        {
            case PlaceMount.Renamed or PlaceMount.OverlayRenamed when made:
                await ShellAsync($"mv {src}/s {src}/t");
                return src + "/t";
            case PlaceMount.Linked when made && place.Shape != PlaceShape.Directory:
                await ShellAsync($"ln {src}/s {src}/t");
                return src + "/t";
            case PlaceMount.File when made && place.Shape != PlaceShape.Directory:
                await ShellAsync($"touch {m}/s && mount --bind {src}/s {m}/s");
                return m + "/s";
            case PlaceMount.Directory:
                await ShellAsync($"mount --bind {src} {m}");
                return m + "/s";
            case PlaceMount.ReadOnly:
                await ShellAsync(
                    $"if [ -e {src}/s ]; then chmod 666 {src}/s; fi && mount --bind {src} {m} && mount -o remount,bind,ro {m}");
                return m + "/s";
            case PlaceMount.RemovedDirectory when place.Shape == PlaceShape.Missing:
                await ShellAsync($"mount --bind {src} {m} && rmdir {src}");
                return m + "/s";
            default:
                return src + "/s";
        }
    }

    private async Task ShellAsync(string command) =>
        Assert.True(await host.CallAsync("run", command) == Errno.None, command);
}
