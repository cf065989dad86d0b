using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Orleans.Connections.Security;

namespace RLSquared.Cluster.Doors;

/// <summary>
/// TLS in which both sides show the certificate of the cluster and accept no other one. Names are not compared: the
/// private key, which every process of the cluster has, is the proof.
/// </summary>
internal static class ClusterTls
{
    const SslProtocols Protocols = SslProtocols.Tls12 | SslProtocols.Tls13;

    /// <summary>For the connections of Orleans.</summary>
    public static void Configure(TlsOptions options, X509Certificate2 certificate)
    {
        options.LocalCertificate = certificate;
        options.RemoteCertificateMode = RemoteCertificateMode.RequireCertificate;
        options.ClientCertificateMode = RemoteCertificateMode.RequireCertificate;
        options.RemoteCertificateValidation = (shown, _, _) => IsSame(certificate, shown);
        options.SslProtocols = Protocols;
        options.HandshakeTimeout = Handshake.Limit;
        options.OnAuthenticateAsClient = (_, caller) =>
        {
            caller.TargetHost = "rl2";
            caller.CertificateRevocationCheckMode = X509RevocationMode.NoCheck;
        };
    }

    /// <summary>For a connection that is none of Orleans'.</summary>
    public static SslClientAuthenticationOptions ForCaller(X509Certificate2 certificate) => new()
    {
        TargetHost = "rl2",
        EnabledSslProtocols = Protocols,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        ClientCertificates = [certificate],
        LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate,
        RemoteCertificateValidationCallback = (_, shown, _, _) => IsSame(certificate, shown),
    };

    /// <summary>For a connection that is none of Orleans', on the side that was called.</summary>
    public static SslServerAuthenticationOptions ForDoor(X509Certificate2 certificate) => new()
    {
        ServerCertificate = certificate,
        ClientCertificateRequired = true,
        EnabledSslProtocols = Protocols,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        RemoteCertificateValidationCallback = (_, shown, _, _) => IsSame(certificate, shown),
    };

    /// <summary>For a server of HTTP.</summary>
    public static HttpsConnectionAdapterOptions ForServer(X509Certificate2 certificate) => new()
    {
        ServerCertificate = certificate,
        ClientCertificateMode = ClientCertificateMode.RequireCertificate,
        SslProtocols = Protocols,
        CheckCertificateRevocation = false,
        HandshakeTimeout = Handshake.Limit,
        ClientCertificateValidation = (shown, _, _) => IsSame(certificate, shown),
    };

    static bool IsSame(X509Certificate2 own, X509Certificate? shown) =>
        shown is not null && own.RawDataMemory.Span.SequenceEqual(shown.GetRawCertData());
}
