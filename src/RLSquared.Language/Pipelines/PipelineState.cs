using System.Text;
using RLSquared.Language.Experience;
using RLSquared.Language.Verifiers;
using RLSquared.Pipelines;

namespace RLSquared.Language.Pipelines;

/// <summary>A pipeline at rest as bytes: the groups that wait for the trainer, and those in flight.</summary>
static class PipelineState
{
    public static byte[] Write(
        OrderedChannel<IReadOnlyList<Completion>> queue, IReadOnlyList<GroupGenerator> generators)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        (long next, IReadOnlyList<(long Number, IReadOnlyList<Completion> Group)> waiting) = queue.Show();
        writer.Write(next);
        writer.Write(waiting.Count);
        foreach ((long number, IReadOnlyList<Completion> group) in waiting)
        {
            writer.Write(number);
            WriteBytes(CompletionBytes.Write(group));
        }
        writer.Write(generators.Count);
        foreach (GroupGenerator generator in generators)
            WriteBytes(generator.Save());
        writer.Flush();
        return stream.ToArray();

        void WriteBytes(byte[] bytes)
        {
            writer.Write(bytes.Length);
            writer.Write(bytes);
        }
    }

    /// <exception cref="InvalidDataException">The bytes are none of these, or of other options.</exception>
    public static void Read(
        byte[] bytes, OrderedChannel<IReadOnlyList<Completion>> queue, IReadOnlyList<GroupGenerator> generators,
        int groupSize)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
            long next = reader.ReadInt64();
            List<(long, IReadOnlyList<Completion>)> waiting = [];
            for (int left = reader.ReadInt32(); left > 0; left--)
            {
                long number = reader.ReadInt64();
                List<Completion> group = CompletionBytes.Read(reader.ReadBytes(reader.ReadInt32()));
                if (group.Count != groupSize)
                    throw new InvalidDataException($"group {number} has {group.Count} completions of {groupSize}");
                waiting.Add((number, group));
            }
            queue.Restore(next, waiting);
            if (reader.ReadInt32() is var count && count != generators.Count)
            {
                throw new InvalidDataException(
                    $"the checkpoint is of {count} generators, and there are {generators.Count}");
            }
            foreach (GroupGenerator generator in generators)
                generator.Restore(reader.ReadBytes(reader.ReadInt32()));
        }
        catch (Exception failure) when (failure is EndOfStreamException or ArgumentException or PipelineException)
        {
            throw new InvalidDataException($"the pipeline cannot be read: {failure.Message}", failure);
        }
    }
}
