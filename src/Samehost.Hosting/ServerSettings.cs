using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Samehost.Hosting;

/// <summary>Reads the settings of a listening local socket from a section of the configuration; each error names its key.</summary>
/// <remarks>Written by hand, because the binder of .NET reads a mode as a decimal number and reports no unknown key.</remarks>
internal sealed class ServerSettings(IConfigurationSection section)
{
    private readonly List<string> _known = [];
    private readonly List<string> _problems = [];

    /// <summary>Reads the settings that are present into the options, and returns what is wrong with the others.</summary>
    public static IReadOnlyList<string> Read(IConfigurationSection section, UnixHostedServerOptions options)
    {
        var settings = new ServerSettings(section);
        var server = options.Server;
        settings.Address("Address", value => options.EndPoint = value);
        settings.Text("SystemdSocketName", value => options.SystemdSocketName = value);
        settings.Address("HandoverAddress", value => options.HandoverEndPoint = value);
        settings.SocketFile(server.Listener.SocketFile);
        settings.Policy("Policy", value => server.Listener.PeerPolicy = value);
        settings.Number("Backlog", 0, value => server.Listener.Backlog = value);
        settings.Truth("AcceptDescriptors", value => server.Listener.AcceptDescriptors = value);
        settings.Number("MaxConnections", 1, value => server.MaxConnections = value);
        settings.Number("MaxConnectionsPerUser", 1, value => server.MaxConnectionsPerUser = value);
        settings.Time("DrainTimeout", value => server.DrainTimeout = value);
        return settings.Finish();
    }

    private void SocketFile(SocketFileOptions file)
    {
        Read("Mode", "", SocketFileMode.Parse, value => file.Mode = value);
        Text("Group", value => file.Group = value);
        Truth("ReplaceLive", value => file.ReplaceLive = value);
        Truth("AllowUnsafeDirectory", value => file.AllowUnsafeDirectory = value);
    }

    private void Text(string key, Action<string> use) => Read(key, "is empty", static text => text, use);

    private void Address(string key, Action<UnixEndPoint> use) => Read(key, "", UnixEndPoint.Parse, use);

    private void Policy(string key, Action<PeerPolicy> use) => Read(key, "", PeerPolicy.Parse, use);

    private void Number(string key, int smallest, Action<int> use) => Read(
        key, string.Create(CultureInfo.InvariantCulture, $"is not a whole number from {smallest}"),
        text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= smallest
            ? value : throw new FormatException(),
        use);

    /// <summary>Reads <c>true</c> or <c>false</c>.</summary>
    private void Truth(string key, Action<bool> use) => Read(
        key, "is neither true nor false", static text => bool.TryParse(text, out var value) ? value : throw new FormatException(), use);

    /// <summary>Reads a time as the configuration of .NET writes it: <c>hours:minutes:seconds</c>.</summary>
    private void Time(string key, Action<TimeSpan> use) => Read(
        key, "is not a time; write hours:minutes:seconds, such as 00:00:10",
        static text => text.Contains(':') && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var value)
            ? value : throw new FormatException(),
        use);

    /// <summary>Returns the problems, including keys that do not exist.</summary>
    private List<string> Finish()
    {
        foreach (var child in section.GetChildren().Where(c => !_known.Contains(c.Key, StringComparer.OrdinalIgnoreCase)))
            _problems.Add($"{child.Path} is not a setting; there are: {string.Join(", ", _known)}.");
        return _problems;
    }

    private void Read<T>(string key, string problem, Func<string, T> parse, Action<T> use)
    {
        _known.Add(key);
        var setting = section.GetSection(key);
        if (setting.Value is not { } text)
        {
            if (setting.GetChildren().Any())
                _problems.Add($"{setting.Path} is a section; a single value is expected.");
            return;
        }

        try
        {
            use(parse(text.Length > 0 ? text : throw new FormatException("The value is empty.")));
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            _problems.Add(problem.Length > 0 ? $"{setting.Path}: '{text}' {problem}." : $"{setting.Path}: {e.Message}");
        }
    }
}
