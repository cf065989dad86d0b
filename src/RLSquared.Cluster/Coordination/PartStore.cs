using RLSquared.Cluster.Work;
using RLSquared.Sharding;

namespace RLSquared.Cluster.Coordination;

/// <summary>A part of one version as bytes, under a name that says what they are. It never changes.</summary>
/// <param name="Name">The part's name.</param>
/// <param name="Identity">Name, version and SHA-256.</param>
/// <param name="Content">The bytes.</param>
internal sealed record EncodedPart(string Name, string Identity, byte[] Content);

/// <summary>The parts of a training as bytes, each encoded once for each version.</summary>
internal sealed class PartStore
{
    readonly Dictionary<string, (long Version, EncodedPart Encoded)> latest = [];
    readonly ByteWriter writer = new();

    /// <summary>A part as it is now.</summary>
    public EncodedPart this[ShardPart part]
    {
        get
        {
            long version = part.Version;
            if (latest.TryGetValue(part.Name, out var known) && known.Version == version)
                return known.Encoded;
            writer.Clear();
            part.Visit(writer);
            byte[] content = writer.Written.ToArray();
            var encoded = new EncodedPart(part.Name, PartIdentity.Of(part.Name, version, content), content);
            latest[part.Name] = (version, encoded);
            return encoded;
        }
    }
}
