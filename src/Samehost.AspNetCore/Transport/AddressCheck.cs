using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using Samehost.Http;

namespace Samehost.AspNetCore.Transport;

/// <summary>
/// Refuses configured addresses that mean a local socket and that Kestrel would read as something else, before anything is bound: a start
/// with one of them fails, and so does a reload of Kestrel's endpoints.
/// </summary>
internal sealed class AddressCheck(IOptions<KestrelServerOptions> kestrel) : IStartupFilter
{
    private string? _startProblem;

    /// <summary>What is wrong with the addresses as they are configured now; null when nothing is.</summary>
    public string? Problem => _startProblem ?? First(EndPointUrls());

    /// <summary>Runs when the host has collected the addresses, whatever named them, and has not started the server yet.</summary>
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        // Kept: where the host is asked to capture errors of its start, it starts the server nevertheless. And the server empties the list.
        _startProblem = First(app.ServerFeatures.Get<IServerAddressesFeature>()?.Addresses ?? []);
        ThrowIfWrong();
        next(app);
    };

    /// <exception cref="InvalidOperationException">An address means a local socket, and Kestrel does not read it as one.</exception>
    public void ThrowIfWrong()
    {
        if (Problem is { } problem)
            throw new InvalidOperationException(problem);
    }

    private static string? First(IEnumerable<string> addresses) =>
        addresses.Select(LocalAddressParser.ExplainMisreading).FirstOrDefault(problem => problem is not null);

    private IEnumerable<string> EndPointUrls() =>
        kestrel.Value.ConfigurationLoader?.Configuration.GetSection("Endpoints").GetChildren().Select(e => e["Url"]).OfType<string>() ?? [];
}
