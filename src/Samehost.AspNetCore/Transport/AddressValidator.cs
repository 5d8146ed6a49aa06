using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using Samehost.Http;

namespace Samehost.AspNetCore.Transport;

/// <summary>Refuses configured addresses that mean a local socket and that Kestrel would read as something else.</summary>
/// <remarks>A start with such an address fails before anything is bound, and so does a reload of Kestrel's endpoints.</remarks>
internal sealed class AddressValidator(IOptions<KestrelServerOptions> kestrel) : IStartupFilter
{
    private string? _startProblem;

    /// <summary>The problem with the addresses as they are configured now; <see langword="null"/> if there is none.</summary>
    public string? Problem => _startProblem ?? FindProblem(GetEndpointUrls());

    /// <summary>Validates the addresses that the host has collected from all sources, before it starts the server.</summary>
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        // Kept, because a host that captures startup errors starts the server nevertheless, and the server clears the list.
        _startProblem = FindProblem(app.ServerFeatures.Get<IServerAddressesFeature>()?.Addresses ?? []);
        ThrowIfInvalid();
        next(app);
    };

    /// <exception cref="InvalidOperationException">An address means a local socket, and Kestrel does not read it as one.</exception>
    public void ThrowIfInvalid()
    {
        if (Problem is { } problem)
            throw new InvalidOperationException(problem);
    }

    private static string? FindProblem(IEnumerable<string> addresses) =>
        addresses.Select(LocalAddressParser.ExplainMisreading).FirstOrDefault(problem => problem is not null);

    private IEnumerable<string> GetEndpointUrls() =>
        kestrel.Value.ConfigurationLoader?.Configuration.GetSection("Endpoints").GetChildren().Select(e => e["Url"]).OfType<string>() ?? [];
}
