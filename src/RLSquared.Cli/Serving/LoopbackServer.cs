using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace RLSquared.Cli.Serving;

/// <summary>An HTTP server for this machine alone, with limits on connections, bodies and idle time.</summary>
internal sealed class LoopbackServer : IDisposable
{
    readonly WebApplication application;

    LoopbackServer(WebApplication application) => this.application = application;

    /// <summary>Where it is, such as <c>http://127.0.0.1:6200/</c>.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>Begins to serve.</summary>
    /// <param name="port">The port; 0 for any that is free.</param>
    /// <param name="mostConnections">Connections at a time.</param>
    /// <param name="mostBytes">Bytes of a request's body.</param>
    /// <param name="patience">The time for a request's headers, and after which an idle connection is closed.</param>
    /// <param name="user">Who may have the port already, as the end of a clause; empty where that is unknown.</param>
    /// <param name="answer">Answers a request.</param>
    /// <param name="webSockets">Whether a request may become a WebSocket.</param>
    /// <exception cref="IOException">The port is in use or not allowed.</exception>
    public static LoopbackServer Start(
        int port, int mostConnections, long mostBytes, TimeSpan patience, string user, RequestDelegate answer,
        bool webSockets = false)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, port);
            kestrel.AddServerHeader = false;
            KestrelServerLimits limits = kestrel.Limits;
            (limits.MaxConcurrentConnections, limits.MaxRequestBodySize) = (mostConnections, mostBytes);
            (limits.RequestHeadersTimeout, limits.KeepAliveTimeout) = (patience, patience);
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(2));
        var server = new LoopbackServer(builder.Build());
        if (webSockets)
            server.application.UseWebSockets();
        server.application.Run(answer);
        try
        {
            server.application.StartAsync().GetAwaiter().GetResult();
            server.Address = new Uri(server.application.Services.GetRequiredService<IServer>()
                .Features.Get<IServerAddressesFeature>()!.Addresses.Single());
            return server;
        }
        catch (Exception failure)
        {
            server.Dispose();
            throw failure switch
            {
                { InnerException: AddressInUseException } => new IOException(
                    $"port {port} is in use{user}; name another with --port, or --port 0 for any that is free",
                    failure),
                SocketException { SocketErrorCode: SocketError.AccessDenied } => new IOException(
                    $"this user may not open port {port}; name one above 1023 with --port", failure),
                _ => failure,
            };
        }
    }

    /// <summary>
    /// Whether a request names this machine. A page of another site could make its own name point to this machine, but
    /// the browser says under which name it asks.
    /// </summary>
    public static bool NamesThisMachine(HttpRequest request) =>
        request.Host.Host is "localhost" or "127.0.0.1" or "[::1]";

    /// <summary>Whether a browser says that a page of another site, or of another port, asks.</summary>
    public static bool IsOfAnotherSite(HttpRequest request) =>
        request.Headers["Sec-Fetch-Site"].ToString() is not ("" or "same-origin" or "none");

    /// <summary>Ends all answers and frees the port.</summary>
    public void Dispose()
    {
        application.StopAsync().Wait(TimeSpan.FromSeconds(5));
        ((IDisposable)application).Dispose();
    }
}
