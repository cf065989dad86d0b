using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace RLSquared.Cluster.Tests;

public sealed class ClusterOptionsTests : IDisposable
{
    readonly string folder = TemporaryFolder.Make();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("127.0.0.1:11111", "127.0.0.1:11111")]
    [InlineData("localhost:11111", "127.0.0.1:11111")]
    [InlineData("[::1]:9000", "[::1]:9000")]
    public void An_address_is_an_ip_address_and_a_port(string text, string address) =>
        Assert.Equal(address, ClusterOptions.ParseAddress("--cluster", text).ToString());

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:0")]
    [InlineData("127.0.0.1:70000")]
    [InlineData("0.0.0.0:11111")]
    [InlineData("[::]:11111")]
    [InlineData("somewhere:11111")]
    [InlineData("")]
    public void What_is_no_address_of_one_machine_is_refused(string text) => Assert.Equal(
        $"--cluster must be the IP address and the port of one machine, such as 127.0.0.1:11111, but is '{text}'",
        Assert.Throws<OptionException>(() => ClusterOptions.ParseAddress("--cluster", text)).Message);

    [Theory]
    [InlineData(false, false, "--secret FILE and --tls FILE")]
    [InlineData(true, false, "--tls FILE")]
    [InlineData(false, true, "--secret FILE")]
    public void Nothing_leaves_loopback_without_a_secret_and_tls(bool hasSecret, bool hasTls, string lacking)
    {
        using X509Certificate2 certificate = Certificate();
        var options = new ClusterOptions
        {
            Address = new IPEndPoint(IPAddress.Loopback, 1),
            Secret = hasSecret ? new byte[32] : default,
            Certificate = hasTls ? certificate : null,
        };

        options.RequireProtected(IPAddress.Loopback);
        options.RequireProtected(IPAddress.IPv6Loopback);
        Assert.Equal("10.0.0.5 can be reached from other machines, and nothing leaves loopback without a secret and " +
            $"TLS; give {lacking}, or stay on 127.0.0.1",
            Assert.Throws<OptionException>(() => options.RequireProtected(IPAddress.Parse("10.0.0.5"))).Message);
        (options with { Secret = new byte[32], Certificate = certificate })
            .RequireProtected(IPAddress.Parse("10.0.0.5"));
    }

    [Fact]
    public void A_secret_is_read_without_white_space_around_it()
    {
        string file = Write("secret", "  0123456789abcdef0123\n");
        Assert.Equal("0123456789abcdef0123"u8.ToArray(), ClusterOptions.ReadSecret("--secret", file).ToArray());
    }

    [Fact]
    public void A_short_secret_a_missing_file_and_a_file_without_a_certificate_are_refused()
    {
        Assert.Contains("holds 4 bytes, and a secret has from 16 to 4096",
            Refusal(() => ClusterOptions.ReadSecret("--secret", Write("short", "abcd"))), StringComparison.Ordinal);
        Assert.StartsWith("--secret ",
            Refusal(() => ClusterOptions.ReadSecret("--secret", Path.Combine(folder, "none"))),
            StringComparison.Ordinal);
        Assert.Contains("holds no certificate with its private key in PEM",
            Refusal(() => ClusterOptions.ReadCertificate("--tls", Write("pem", "no PEM"))), StringComparison.Ordinal);
    }

    [Fact]
    public void A_certificate_is_read_with_its_key()
    {
        using X509Certificate2 made = Certificate();
        using ECDsa key = made.GetECDsaPrivateKey()!;
        string file = Write("pem", $"{made.ExportCertificatePem()}\n{key.ExportECPrivateKeyPem()}");

        using X509Certificate2 read = ClusterOptions.ReadCertificate("--tls", file);

        Assert.True(read.HasPrivateKey);
        Assert.Equal(made.Thumbprint, read.Thumbprint);
    }

    internal static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 made = new CertificateRequest("CN=rl2", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(
            made.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }

    static string Refusal(Action action) => Assert.Throws<OptionException>(action).Message;

    string Write(string name, string content)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllText(path, content);
        return path;
    }
}
