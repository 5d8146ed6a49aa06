using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Samehost.Hosting;

/// <summary>Adds servers on local sockets to the Generic Host.</summary>
/// <remarks>
/// <para>A server starts with the host, before the host reports that the application has started: if it cannot listen, the start fails
/// with the reason. When the host stops, the server accepts no more connections, cancels the token of its handlers, and waits for them for
/// <see cref="UnixServerOptions.DrainTimeout"/>, at most for the host's shutdown timeout.</para>
/// <para>The section of the configuration with the server's name has these keys, all optional: <c>Address</c>, <c>SystemdSocketName</c>,
/// <c>HandoverAddress</c>, <c>Policy</c> (<c>self,root,group:staff</c>, see <see cref="PeerPolicy.Parse"/>), <c>Mode</c> (octal),
/// <c>Group</c>, <c>ReplaceLive</c>, <c>AllowUnsafeDirectory</c>, <c>Backlog</c>, <c>AcceptDescriptors</c>, <c>MaxConnections</c>,
/// <c>MaxConnectionsPerUser</c>, <c>DrainTimeout</c> (<c>00:00:10</c>). A value that cannot be read and a key that does not exist fail the
/// start, with an <see cref="OptionsValidationException"/> that names the key.</para>
/// </remarks>
/// <example><code>
/// var builder = Host.CreateApplicationBuilder(args);
/// builder.Services.AddUnixServer("Echo", (stream, stopping) => stream.CopyToAsync(stream, stopping), o =>
///     o.EndPoint ??= UnixEndPoint.UserRuntime("echo.sock"));
/// await builder.Build().RunAsync();
/// </code></example>
public static class UnixHostedServerExtensions
{
    /// <summary>Adds a server of stream connections, each served by an instance of a handler from a scope of its own.</summary>
    /// <typeparam name="THandler">The handler, which is registered as a scoped service unless it has been registered.</typeparam>
    /// <param name="services">The services of the application.</param>
    /// <param name="name">The name of the server and of its section of the configuration.</param>
    /// <param name="configure">Changes the options after the configuration was read.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentException">The name is empty, or a server with that name was added.</exception>
    public static IServiceCollection AddUnixServer<
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>(
        this IServiceCollection services, string name, Action<UnixHostedServerOptions>? configure = null)
        where THandler : class, IUnixStreamHandler
    {
        Add(services, name, configure, provider => new HostedStreamHandler(InScope<THandler, UnixStream>(
            provider, static (handler, stream, cancellationToken) => handler.HandleAsync(stream, cancellationToken))));
        services.TryAddScoped<THandler>();
        return services;
    }

    /// <summary>Adds a server of stream connections that a function serves.</summary>
    /// <param name="services">The services of the application.</param>
    /// <param name="name">The name of the server and of its section of the configuration.</param>
    /// <param name="handler">Serves one connection, which is closed when it ends. Its token is canceled when the server stops.</param>
    /// <param name="configure">Changes the options after the configuration was read.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentException">The name is empty, or a server with that name was added.</exception>
    public static IServiceCollection AddUnixServer(
        this IServiceCollection services, string name, Func<UnixStream, CancellationToken, Task> handler,
        Action<UnixHostedServerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return Add(services, name, configure, _ => new HostedStreamHandler(handler));
    }

    /// <summary>Adds a server of seqpacket connections, each served by an instance of a handler from a scope of its own.</summary>
    /// <typeparam name="THandler">The handler, which is registered as a scoped service unless it has been registered.</typeparam>
    /// <param name="services">The services of the application.</param>
    /// <param name="name">The name of the server and of its section of the configuration.</param>
    /// <param name="configure">Changes the options after the configuration was read.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentException">The name is empty, or a server with that name was added.</exception>
    public static IServiceCollection AddUnixSeqpacketServer<
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>(
        this IServiceCollection services, string name, Action<UnixHostedServerOptions>? configure = null)
        where THandler : class, IUnixSeqpacketHandler
    {
        Add(services, name, configure, provider => new HostedSeqpacketHandler(InScope<THandler, UnixSeqpacket>(
            provider, static (handler, seqpacket, cancellationToken) => handler.HandleAsync(seqpacket, cancellationToken))));
        services.TryAddScoped<THandler>();
        return services;
    }

    /// <summary>Adds a server of seqpacket connections that a function serves.</summary>
    /// <param name="services">The services of the application.</param>
    /// <param name="name">The name of the server and of its section of the configuration.</param>
    /// <param name="handler">Serves one connection, which is closed when it ends. Its token is canceled when the server stops.</param>
    /// <param name="configure">Changes the options after the configuration was read.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentException">The name is empty, or a server with that name was added.</exception>
    public static IServiceCollection AddUnixSeqpacketServer(
        this IServiceCollection services, string name, Func<UnixSeqpacket, CancellationToken, Task> handler,
        Action<UnixHostedServerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return Add(services, name, configure, _ => new HostedSeqpacketHandler(handler));
    }

    /// <summary>Adds a health check that fails while a server does not accept connections.</summary>
    /// <param name="builder">The health checks of the application.</param>
    /// <param name="name">The name of the server.</param>
    /// <param name="tags">Tags of the health check.</param>
    /// <returns><paramref name="builder"/>.</returns>
    public static IHealthChecksBuilder AddUnixServer(this IHealthChecksBuilder builder, string name, IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        return builder.Add(new HealthCheckRegistration(
            name, provider => new UnixServerHealthCheck(provider.GetRequiredKeyedService<UnixHostedServer>(name)), null, tags));
    }

    /// <summary>Serves each connection by an instance of the handler from a scope of its own.</summary>
    private static Func<TSocket, CancellationToken, Task> InScope<THandler, TSocket>(
        IServiceProvider provider, Func<THandler, TSocket, CancellationToken, Task> handle)
        where THandler : notnull => async (socket, cancellationToken) =>
        {
            var scope = provider.CreateAsyncScope();
            await using (scope.ConfigureAwait(false))
                await handle(scope.ServiceProvider.GetRequiredService<THandler>(), socket, cancellationToken).ConfigureAwait(false);
        };

    private static IServiceCollection Add(
        IServiceCollection services, string name, Action<UnixHostedServerOptions>? configure,
        Func<IServiceProvider, HostedServerHandler> createHandler)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (services.Any(s => s.IsKeyedService && s.ServiceType == typeof(UnixHostedServer) && name.Equals(s.ServiceKey)))
            throw new ArgumentException($"A server with the name '{name}' was added before.", nameof(name));

        HandoverShutdown.AddTo(services);
        services.AddOptions<UnixHostedServerOptions>(name)
            .Configure<IConfiguration>((options, configuration) => ReadSettings(options, name, configuration))
            .Configure(options => configure?.Invoke(options))
            .Validate(
                static options => options.EndPoint is not null || options.SystemdSocketName is not null,
                $"{name}:Address is not set, and neither is {name}:SystemdSocketName: the server '{name}' has nothing to listen on.")
            .Validate(
                static options => options.EndPoint?.Kind != UnixEndPointKind.Abstract || options.Server.Listener.PeerPolicy is not null,
                $"{name}:Policy is not set: an abstract name has no permissions, so it needs a policy, such as self,root.");
        services.AddKeyedSingleton(name, (provider, _) => new UnixHostedServer(
            name, createHandler(provider), provider.GetRequiredService<IOptionsMonitor<UnixHostedServerOptions>>(),
            provider.GetRequiredService<HandoverShutdown>(), provider.GetRequiredService<IHostApplicationLifetime>(),
            provider.GetRequiredService<ILoggerFactory>()));
        return services.AddSingleton<IHostedService>(provider => provider.GetRequiredKeyedService<UnixHostedServer>(name));
    }

    private static void ReadSettings(UnixHostedServerOptions options, string name, IConfiguration configuration)
    {
        var problems = ServerSettings.Read(configuration.GetSection(name), options);
        if (problems.Count > 0)
            throw new OptionsValidationException(name, typeof(UnixHostedServerOptions), problems);
    }
}

/// <summary>Reports a server as unhealthy unless it accepts connections.</summary>
internal sealed class UnixServerHealthCheck(UnixHostedServer hosted) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(hosted.Server switch
        {
            null => HealthCheckResult.Unhealthy("The server has not started."),
            { Completion.IsCompleted: true } server => HealthCheckResult.Unhealthy(
                $"The server at {server.LocalEndPoint} does not accept connections.", server.Completion.Exception?.InnerException),
            var server => HealthCheckResult.Healthy(
                $"Listening on {server.LocalEndPoint}.", new Dictionary<string, object> { ["connections"] = server.ConnectionCount }),
        });
}
