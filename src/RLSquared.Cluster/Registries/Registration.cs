using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using RLSquared.Cluster.Doors;
using StackExchange.Redis;

namespace RLSquared.Cluster.Registries;

/// <summary>What a registry knows of a training.</summary>
/// <param name="Address">Where it is.</param>
/// <param name="Cluster">The name of its members' table: another one for each start.</param>
internal sealed record RegisteredTraining(string Address, string Cluster);

/// <summary>The entry of a training in a registry, under its name.</summary>
internal static class Registration
{
    /// <summary>Where the training of the registry's name is.</summary>
    /// <param name="options">With a registry.</param>
    /// <returns>The same, with the address and the table of the training.</returns>
    /// <exception cref="NotThereException">There is none of this name.</exception>
    /// <exception cref="RegistryException">The registry does not answer.</exception>
    public static async Task<ClusterOptions> FindAsync(ClusterOptions options)
    {
        if (options.Registry is not { } registry)
            return options;
        return Read(await registry.UseAsync(redis => redis.StringGetAsync(Key(registry)))) is { } found
            ? options with { Address = IPEndPoint.Parse(found.Address), ClusterId = found.Cluster }
            : throw new NotThereException($"no training has the name of {registry}", null);
    }

    /// <summary>Enters a training.</summary>
    /// <param name="options">With its address and table.</param>
    /// <exception cref="ClusterException">There is another training of the name.</exception>
    /// <exception cref="RegistryException">The registry does not answer.</exception>
    public static async Task EnterAsync(ClusterOptions options)
    {
        RedisRegistry registry = options.Registry!;
        RedisValue before = await registry.UseAsync(redis => redis.StringGetAsync(Key(registry)));
        RegisteredTraining? other = Read(before);
        if (other is not null && await IsThereAsync(options with { Address = IPEndPoint.Parse(other.Address) }))
        {
            throw new ClusterException($"there is a training of the name {registry.Name} already, at " +
                $"{other.Address}; give this one another name: redis://{registry.Host}:{registry.Port}/OTHER");
        }
        bool isOwn = await registry.UseAsync(async redis =>
        {
            ITransaction change = redis.CreateTransaction();
            change.AddCondition(before.IsNull ? Condition.KeyNotExists(Key(registry))
                : Condition.StringEqual(Key(registry), before));
            _ = change.StringSetAsync(Key(registry), Written(options));
            if (other is not null)
                _ = change.KeyDeleteAsync(Members(other.Cluster));
            return await change.ExecuteAsync();
        });
        if (!isOwn)
        {
            throw new ClusterException($"another training has just taken the name {registry.Name}; give this one " +
                $"another name: redis://{registry.Host}:{registry.Port}/OTHER");
        }
    }

    /// <summary>Takes a training and its table of members out, as far as the registry answers.</summary>
    public static async Task LeaveAsync(ClusterOptions options)
    {
        RedisRegistry registry = options.Registry!;
        try
        {
            await registry.UseAsync(async redis =>
            {
                ITransaction change = redis.CreateTransaction();
                change.AddCondition(Condition.StringEqual(Key(registry), Written(options)));
                _ = change.KeyDeleteAsync(Key(registry));
                _ = change.KeyDeleteAsync(Members(options.ClusterId));
                return await change.ExecuteAsync();
            });
        }
        catch (RegistryException)
        {
            // The next training of this name takes its place.
        }
    }

    static string Key(RedisRegistry registry) => $"rl2/trainings/{registry.Name}";

    // As Orleans calls it.
    static string Members(string cluster) => $"{SiloHost.Service}/members/{cluster}";

    static string Written(ClusterOptions options) => JsonSerializer.Serialize(
        new RegisteredTraining(options.Address.ToString(), options.ClusterId),
        RegistrationJson.Default.RegisteredTraining);

    static RegisteredTraining? Read(RedisValue value)
    {
        try
        {
            return value.IsNull ? null
                : JsonSerializer.Deserialize(value.ToString(), RegistrationJson.Default.RegisteredTraining) is { } found
                    && IPEndPoint.TryParse(found.Address, out _) ? found : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    static async Task<bool> IsThereAsync(ClusterOptions options)
    {
        try
        {
            await DoorCaller.AskAsync(
                options, new Hello(Errand.Status, "", Build.Current), CancellationToken.None);
            return true;
        }
        catch (NotThereException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;                                    // something listens there
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RegisteredTraining))]
internal sealed partial class RegistrationJson : JsonSerializerContext;
