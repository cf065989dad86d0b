using System.Net;
using StackExchange.Redis;

namespace RLSquared.Cluster.Registries;

/// <summary>
/// A Redis in which the processes of a cluster find each other under a name, so that nobody has to know on which
/// machine the training runs. It holds the training's address and Orleans' table of members, no shard and no weight.
/// </summary>
public sealed class RedisRegistry
{
    /// <summary>The variable of the environment that has the password, where the address has none.</summary>
    public const string PasswordVariable = "RL2_REDIS_PASSWORD";

    const string Plain = "redis", Encrypted = "rediss";
    const int StandardPort = 6379, LimitMilliseconds = 3000, MostName = 64;

    readonly string? user, password;
    readonly bool isEncrypted;

    RedisRegistry(string host, int port, string name, string? user, string? password, bool isEncrypted) =>
        (Host, Port, Name, this.user, this.password, this.isEncrypted) =
            (host, port, name, user, password, isEncrypted);

    /// <summary>The machine of the Redis, by name or IP address.</summary>
    public string Host { get; }

    /// <summary>The port of the Redis.</summary>
    public int Port { get; }

    /// <summary>The name of the training in it.</summary>
    public string Name { get; }

    /// <summary>
    /// Whether an address names a Redis: it begins with <c>redis://</c> or <c>rediss://</c> (with TLS).
    /// </summary>
    public static bool IsNamed(string text) =>
        text.StartsWith($"{Plain}://", StringComparison.OrdinalIgnoreCase)
        || text.StartsWith($"{Encrypted}://", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads an address such as <c>redis://127.0.0.1:6379/NAME</c>.</summary>
    /// <exception cref="OptionException">It is none.</exception>
    public static RedisRegistry Parse(string option, string text)
    {
        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? address) && address.Scheme is Plain or Encrypted
            && address.Host.Length > 0 && address.PathAndQuery.Trim('/') is { Length: <= MostName } name
            && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.'))
        {
            string[] login = address.UserInfo.Split(':', 2);
            string? given = login.Length == 2 ? Uri.UnescapeDataString(login[1]) : null;
            return new RedisRegistry(address.IdnHost, address.IsDefaultPort || address.Port < 0 ? StandardPort
                : address.Port, name.Length > 0 ? name : "training", login[0].Length > 0 ? login[0] : null,
                given ?? Environment.GetEnvironmentVariable(PasswordVariable), address.Scheme == Encrypted);
        }
        throw new OptionException(option, $"{option} names a Redis as redis://HOST:PORT/NAME, where NAME has up to " +
            $"{MostName} letters, digits and .-_, but is '{WithoutPassword(text)}'");
    }

    /// <summary>The address without the password.</summary>
    public override string ToString() =>
        $"{(isEncrypted ? Encrypted : Plain)}://{(Host.Contains(':') ? $"[{Host}]" : Host)}:{Port}/{Name}";

    /// <summary>How the client of Redis connects.</summary>
    internal ConfigurationOptions Options => new()
    {
        EndPoints = { { Host, Port } },
        User = user,
        Password = password,
        Ssl = isEncrypted,
        ConnectTimeout = LimitMilliseconds,
        SyncTimeout = LimitMilliseconds,
        AsyncTimeout = LimitMilliseconds,
        ConnectRetry = 1,
        AbortOnConnectFail = true,
        ClientName = "rl2",
    };

    /// <summary>The address of this machine from which the Redis is reached, where a training can be found.</summary>
    /// <exception cref="IOException">The host has no address.</exception>
    internal IPAddress OwnAddress()
    {
        try
        {
            IPAddress other = IPAddress.TryParse(Host, out IPAddress? known) ? known : Dns.GetHostAddresses(Host)[0];
            return LocalAddress.Towards(new IPEndPoint(other, Port));
        }
        catch (System.Net.Sockets.SocketException failure)
        {
            throw new ClusterException($"the Redis at {Host}:{Port} cannot be found: {failure.Message}", failure);
        }
    }

    /// <summary>Asks or tells the Redis something, within some seconds.</summary>
    /// <exception cref="RegistryException">It does not answer, or wants a password; the message says which.</exception>
    internal async Task<T> UseAsync<T>(Func<IDatabase, Task<T>> use)
    {
        try
        {
            await using ConnectionMultiplexer connection = await ConnectionMultiplexer.ConnectAsync(Options);
            return await use(connection.GetDatabase());
        }
        catch (Exception failure) when (failure is RedisException or TimeoutException)
        {
            throw Explained(failure);
        }
    }

    RegistryException Explained(Exception failure)
    {
        string all = failure.ToString();
        string place = $"the Redis at {Host}:{Port}";
        string login = $"set {PasswordVariable}, or give redis://:PASSWORD@{Host}:{Port}/{Name}";
        if (all.Contains("NOAUTH", StringComparison.Ordinal))
            return new RegistryException($"{place} asks for a password; {login}", mayCome: false, failure);
        if (all.Contains("WRONGPASS", StringComparison.Ordinal) || all.Contains("ERR AUTH", StringComparison.Ordinal))
            return new RegistryException($"{place} does not accept this password; {login}", mayCome: false, failure);
        return failure is RedisServerException
            ? new RegistryException($"{place} refuses: {failure.Message}", mayCome: false, failure)
            : new RegistryException($"no Redis answers at {Host}:{Port} within {LimitMilliseconds / 1000} seconds; " +
                "start one, or give the IP address and the port of the training instead", mayCome: true, failure);
    }

    static string WithoutPassword(string text) =>
        text.IndexOf('@', StringComparison.Ordinal) is var at && at < 0 ? text : $"redis://…{text[at..]}";
}

/// <summary>A registry that cannot be asked.</summary>
/// <param name="message">Why, and what would help.</param>
/// <param name="mayCome">Whether it may be asked later.</param>
/// <param name="cause">The failure itself.</param>
internal sealed class RegistryException(string message, bool mayCome, Exception cause) : IOException(message, cause)
{
    /// <summary>Whether it may be asked later.</summary>
    public bool MayCome { get; } = mayCome;
}
