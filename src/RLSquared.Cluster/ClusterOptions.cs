using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using RLSquared.Cluster.Registries;

namespace RLSquared.Cluster;

/// <summary>Where a cluster is, and what protects it.</summary>
public sealed record ClusterOptions
{
    const int LeastSecret = 16, MostSecret = 4096;

    /// <summary>
    /// Where the process that trains is reached by the others. With a <see cref="Registry"/>, workers look it up there,
    /// and port 0 stands for a free one.
    /// </summary>
    public required IPEndPoint Address { get; init; }

    /// <summary>A Redis in which the training is found by a name; null where its address is known.</summary>
    public RedisRegistry? Registry { get; init; }

    /// <summary>The name of the members' table: that of a registry tells trainings apart.</summary>
    internal string ClusterId { get; init; } = "rl2";

    /// <summary>
    /// What every process of the cluster knows and no other one; empty for none, which only loopback allows.
    /// </summary>
    public ReadOnlyMemory<byte> Secret { get; init; }

    /// <summary>
    /// The certificate of the cluster with its private key, the same in every process; null for no encryption, which
    /// only loopback allows.
    /// </summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>
    /// The address of this machine at which a worker can be reached; null for loopback if the cluster is there, else
    /// for the address from which the cluster is reached.
    /// </summary>
    public IPAddress? Listen { get; init; }

    /// <summary>
    /// The shortest time that a process has to answer for its shards, before they are computed elsewhere. A process
    /// that has ended is noticed sooner. Short: a process that hangs costs little; long: a busy one is not given up.
    /// </summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Reads an address such as <c>127.0.0.1:11111</c> or <c>[::1]:11111</c>.</summary>
    /// <exception cref="OptionException">It is none.</exception>
    public static IPEndPoint ParseAddress(string option, string text)
    {
        string numeric = text.StartsWith("localhost:", StringComparison.OrdinalIgnoreCase)
            ? $"{IPAddress.Loopback}{text["localhost".Length..]}" : text;
        return IPEndPoint.TryParse(numeric, out IPEndPoint? address) && address.Port > 0
            && !address.Address.Equals(IPAddress.Any) && !address.Address.Equals(IPAddress.IPv6Any)
            ? address : throw new OptionException(option,
                $"{option} must be the IP address and the port of one machine, such as 127.0.0.1:11111, " +
                $"but is '{text}'");
    }

    /// <summary>The options of a training that is found by a name: its address is that from which the Redis is
    /// reached.</summary>
    /// <exception cref="IOException">The Redis cannot be found.</exception>
    public static ClusterOptions Through(RedisRegistry registry)
    {
        ArgumentNullException.ThrowIfNull(registry);
        return new() { Address = new IPEndPoint(registry.OwnAddress(), 0), Registry = registry };
    }

    /// <summary>Reads a file whose bytes, without white space around them, are the secret.</summary>
    /// <exception cref="OptionException">There is no such file, or its content is too short or too long.</exception>
    public static ReadOnlyMemory<byte> ReadSecret(string option, string path)
    {
        string content = Read(option, path, File.ReadAllText).Trim();
        byte[] secret = System.Text.Encoding.UTF8.GetBytes(content);
        return secret.Length is >= LeastSecret and <= MostSecret ? secret : throw new OptionException(option,
            $"{path} holds {secret.Length.ToString(CultureInfo.InvariantCulture)} bytes, and a secret has from " +
            $"{LeastSecret} to {MostSecret}; make one: openssl rand -hex 32 > {path}");
    }

    /// <summary>Reads a PEM file with a certificate and its private key.</summary>
    /// <exception cref="OptionException">There is no such file, or it lacks one of the two.</exception>
    public static X509Certificate2 ReadCertificate(string option, string path)
    {
        string content = Read(option, path, File.ReadAllText);
        try
        {
            using var pem = X509Certificate2.CreateFromPem(content, content);
            // Some systems use a key only where it came with its certificate in one piece.
            return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), password: null);
        }
        catch (Exception failure) when (failure is CryptographicException or ArgumentException)
        {
            throw new OptionException(option, $"{path} holds no certificate with its private key in PEM; make one: " +
                "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 365 -subj /CN=rl2 " +
                $"-keyout {path} -out {path}.crt && cat {path}.crt >> {path}");
        }
    }

    /// <summary>Returns if an address may be opened: it is on loopback, or secret and certificate protect it.</summary>
    /// <exception cref="OptionException">It may not; the message says what is lacking.</exception>
    internal void RequireProtected(IPAddress address)
    {
        if (IPAddress.IsLoopback(address) || (!Secret.IsEmpty && Certificate is not null))
            return;
        string lacking = !Secret.IsEmpty ? "--tls FILE" : Certificate is not null ? "--secret FILE"
            : "--secret FILE and --tls FILE";
        throw new OptionException("--secret",
            $"{address} can be reached from other machines, and nothing leaves loopback without a secret and TLS; " +
            $"give {lacking}, or stay on 127.0.0.1");
    }

    static string Read(string option, string path, Func<string, string> read)
    {
        try
        {
            return read(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new OptionException(option, $"{option} {path} cannot be read: {failure.Message}");
        }
    }
}
