using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RLSquared.Cluster.Doors;

namespace RLSquared.Cluster.Snapshots;

/// <summary>
/// Gives files of weights to workers over HTTP, whole or from a byte on: <c>GET /weights/NAME</c>. Where the cluster
/// has a certificate, both sides show it, as everywhere else; and each request proves that it knows the secret.
/// </summary>
internal sealed class WeightServer : IDisposable
{
    const string Scheme = "RL2 ";
    const int MostConnections = 4096;

    static readonly TimeSpan patience = TimeSpan.FromSeconds(15);

    readonly WebApplication application;
    readonly WeightStore store;
    readonly ReadOnlyMemory<byte> secret;
    readonly string training;

    WeightServer(WebApplication application, WeightStore store, ReadOnlyMemory<byte> secret, string training) =>
        (this.application, this.store, this.secret, this.training) = (application, store, secret, training);

    /// <summary>The port.</summary>
    public int Port { get; private set; }

    /// <summary>Opens a free port.</summary>
    /// <param name="address">Of this machine.</param>
    /// <param name="options">With what secret and certificate.</param>
    /// <param name="store">Has the files; not owned.</param>
    /// <param name="training">The number of the training.</param>
    public static WeightServer Start(IPAddress address, ClusterOptions options, WeightStore store, string training)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(address, 0, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                if (options.Certificate is { } certificate)
                    listen.UseHttps(ClusterTls.ForServer(certificate));
            });
            kestrel.AddServerHeader = false;
            KestrelServerLimits limits = kestrel.Limits;
            (limits.MaxConcurrentConnections, limits.MaxRequestBodySize) = (MostConnections, 0);
            (limits.RequestHeadersTimeout, limits.KeepAliveTimeout) = (patience, patience);
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(1));
        var server = new WeightServer(builder.Build(), store, options.Secret, training);
        server.application.Run(server.AnswerAsync);
        server.application.StartAsync().GetAwaiter().GetResult();
        server.Port = new Uri(server.application.Services.GetRequiredService<IServer>()
            .Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;
        return server;
    }

    /// <summary>What a request for a file shows: that it knows the secret.</summary>
    public static string Proof(ReadOnlyMemory<byte> secret, string training, string name) => Scheme +
        Convert.ToHexStringLower(HMACSHA256.HashData(
            secret.Span, Encoding.UTF8.GetBytes($"weights\n{training}\n{name}")));

    Task AnswerAsync(HttpContext context)
    {
        const string folder = "/weights/";
        string path = context.Request.Path.Value ?? "";
        string name = path.StartsWith(folder, StringComparison.Ordinal) ? path[folder.Length..] : "";
        byte[] shown = Encoding.ASCII.GetBytes(context.Request.Headers.Authorization.ToString());
        if (!CryptographicOperations.FixedTimeEquals(shown, Encoding.ASCII.GetBytes(Proof(secret, training, name))))
            return Refuse(StatusCodes.Status403Forbidden, Handshake.OtherSecret);
        return store.Find(name) is { } file
            ? TypedResults.PhysicalFile(file, "application/octet-stream", enableRangeProcessing: true)
                .ExecuteAsync(context)
            : Refuse(StatusCodes.Status404NotFound, $"there are no weights {name}, or no longer");

        Task Refuse(int status, string why)
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsync(why, context.RequestAborted);
        }
    }

    /// <summary>Ends all answers and frees the port.</summary>
    public void Dispose()
    {
        application.StopAsync().Wait(TimeSpan.FromSeconds(3));
        ((IDisposable)application).Dispose();
    }
}
