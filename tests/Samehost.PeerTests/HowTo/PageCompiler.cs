using System.Collections.Immutable;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Samehost.AspNetCore;
using Samehost.Hosting;
using Samehost.Http;
using Samehost.PeerTests.Support;

namespace Samehost.PeerTests.HowTo;

/// <summary>
/// Compiles the program of a page with the settings of <c>dotnet new console</c> and warnings as errors. It runs the compiler alone,
/// because a build takes ten times as long.
/// </summary>
internal sealed class PageCompiler
{
    // The namespaces of <ImplicitUsings>.
    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    // The additional namespaces of a web project.
    private const string WebUsings = """
        global using System.Net.Http.Json;
        global using Microsoft.AspNetCore.Builder;
        global using Microsoft.AspNetCore.Hosting;
        global using Microsoft.AspNetCore.Http;
        global using Microsoft.AspNetCore.Routing;
        global using Microsoft.Extensions.Configuration;
        global using Microsoft.Extensions.DependencyInjection;
        global using Microsoft.Extensions.Hosting;
        global using Microsoft.Extensions.Logging;
        """;

    // The environment of all programs: without libicu and without the first-run message.
    public static readonly ImmutableDictionary<string, string> Environment = ImmutableDictionary<string, string>.Empty
        .Add("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1")
        .Add("DOTNET_EnableDiagnostics", "0");

    private static readonly string[] Sdks = FindCompilers();

    private readonly string _compiler;

    private PageCompiler(string compiler) => _compiler = compiler;

    public static string Runtime { get; } = Path.Join(Programs.RuntimeRoot, "dotnet");

    public static PageCompiler Need()
    {
        if (Sdks.Length == 0)
            Assert.Skip("install the Debian package dotnet-sdk-10.0");
        return new PageCompiler(Sdks[0]);
    }

    /// <summary>Creates <c>page.dll</c> and the files that it needs to run.</summary>
    public async Task<string> CompileAsync(string program, TestFolder folder)
    {
        // The framework of web applications contains the packages of the Generic Host.
        var isWeb = program.Contains("using Samehost.AspNetCore;", StringComparison.Ordinal)
            || program.Contains("using Samehost.Hosting;", StringComparison.Ordinal);
        Type[] used = isWeb
            ? [typeof(UnixStream), typeof(UnixHostedServer), typeof(IUnixPeerFeature), typeof(UnixHttp)]
            : [typeof(UnixStream)];
        string[] libraries = [.. used.Select(t => t.Assembly.Location)];
        Assembly[] frameworks = isWeb ? [typeof(object).Assembly, typeof(WebApplication).Assembly] : [typeof(object).Assembly];
        var kind = isWeb ? "AspNetCore" : "NETCore";
        var output = folder["page.dll"];
        File.WriteAllText(folder["Program.cs"], program);
        File.WriteAllText(folder["Usings.cs"], isWeb ? $"{ImplicitUsings}\n{WebUsings}" : ImplicitUsings);
        foreach (var library in libraries)
            File.Copy(library, folder[Path.GetFileName(library)]);
        File.WriteAllText(folder["page.runtimeconfig.json"], $$"""
            { "runtimeOptions": { "framework": { "name": "Microsoft.{{kind}}.App", "version": "{{System.Environment.Version}}" } } }
            """);

        var references = frameworks
            .SelectMany(f => Directory.EnumerateFiles(Path.GetDirectoryName(f.Location)!, "*.dll")).Concat(libraries);
        var arguments = folder["page.rsp"];
        File.WriteAllLines(arguments,
        [
            "-nologo", "-nostdlib", "-target:exe", "-langversion:14", "-nullable:enable", "-warnaserror", "-optimize",
            $"-out:\"{output}\"", .. references.Select(r => $"-reference:\"{r}\""),
            $"\"{folder["Program.cs"]}\"", $"\"{folder["Usings.cs"]}\"",
        ]);
        var compiled = await PageProcess.RunAsync(
            folder.Root, Environment, Dotnet(_compiler), "exec", _compiler, "-noconfig", "@" + arguments);
        Assert.True(compiled.Status == 0, $"The page's program does not compile:\n{compiled.Output}{compiled.Errors}");
        return output;
    }

    // The newest compiler of the SDK beside the runtime of these tests, or of the dotnet in PATH.
    private static string[] FindCompilers()
    {
        string[] called = [.. (System.Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(d => Path.Join(d, "dotnet"))
            .Where(File.Exists).Select(d => Path.GetDirectoryName(File.ResolveLinkTarget(d, returnFinalTarget: true)?.FullName ?? d)!)];
        return
        [
            .. new[] { Programs.RuntimeRoot, System.Environment.GetEnvironmentVariable("DOTNET_ROOT") }.Concat(called)
                .Where(root => root is { Length: > 0 }).Select(root => Path.Join(root, "sdk")).Where(Directory.Exists)
                .SelectMany(sdks => Directory.EnumerateDirectories(sdks).OrderByDescending(VersionOf))
                .Where(sdk => VersionOf(sdk) >= new Version(10, 0))
                .Select(sdk => Path.Join(sdk, "Roslyn", "bincore", "csc.dll")).Where(File.Exists),
        ];
    }

    private static Version VersionOf(string sdk) =>
        Version.TryParse(Path.GetFileName(sdk).Split('-')[0], out var version) ? version : new Version(0, 0);

    // …/sdk/VERSION/Roslyn/bincore/csc.dll: returns the runtime beside it.
    private static string Dotnet(string compiler) => Path.GetFullPath(Path.Join(Path.GetDirectoryName(compiler), "../../../../dotnet"));
}
