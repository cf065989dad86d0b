using RLSquared.Sharding;

namespace RLSquared.Cluster.Coordination;

/// <summary>A part of one version as bytes.</summary>
/// <param name="Name">The part's name.</param>
/// <param name="Version">Of what.</param>
/// <param name="Content">The bytes; written over when the part is asked for in another version.</param>
internal readonly record struct EncodedPart(string Name, long Version, ReadOnlyMemory<byte> Content);

/// <summary>The parts of a training as bytes, each encoded once for each version.</summary>
internal sealed class PartStore
{
    readonly Dictionary<string, (EncodedPart Encoded, ByteWriter Memory)> latest = [];

    /// <summary>A part as it is now.</summary>
    public EncodedPart this[ShardPart part]
    {
        get
        {
            long version = part.Version;
            bool isKnown = latest.TryGetValue(part.Name, out (EncodedPart Encoded, ByteWriter Memory) known);
            if (isKnown && known.Encoded.Version == version)
                return known.Encoded;
            ByteWriter writer = isKnown ? known.Memory : new ByteWriter();
            writer.Clear();
            part.Visit(writer);
            var encoded = new EncodedPart(part.Name, version, writer.Written);
            latest[part.Name] = (encoded, writer);
            return encoded;
        }
    }
}
