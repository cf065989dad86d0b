using System.Text;
using RLSquared.Language.Experience;
using RLSquared.Language.Verifiers;
using RLSquared.Pipelines;

namespace RLSquared.Language.Pipelines;

/// <summary>
/// A pipeline at rest as bytes: the groups that wait for the trainer, and those in flight. What other processes have in
/// flight begins again.
/// </summary>
static class PipelineState
{
    public static byte[] Write(
        OrderedChannel<IReadOnlyList<Completion>> queue, IReadOnlyList<GroupGenerator> generators, BlockLedger? ledger)
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
        if (ledger is not null)
        {
            // After the queue: other processes go on, and what was begun or came since begins again.
            long first = ledger.Counts.Begun;
            HashSet<long> known = [.. waiting.Select(one => one.Number), .. generators.SelectMany(one => one.Open)];
            writer.Write(first);
            long[] again = [.. Numbers(next, first).Where(number => !known.Contains(number))];
            writer.Write(again.Length);
            Array.ForEach(again, writer.Write);
        }
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
        BlockLedger? ledger, int groupSize)
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
            (long first, long[] again) = ledger is not null && reader.BaseStream.Position < bytes.Length
                ? (reader.ReadInt64(), [.. Enumerable.Range(0, reader.ReadInt32()).Select(_ => reader.ReadInt64())])
                : ByPlace(generators);
            ledger?.Restore(
                first, again, generators.SelectMany(one => one.Open.Select(number => (number, (object)one))));
        }
        catch (Exception failure) when (failure is EndOfStreamException or ArgumentException or PipelineException)
        {
            throw new InvalidDataException($"the pipeline cannot be read: {failure.Message}", failure);
        }
    }

    static IEnumerable<long> Numbers(long from, long end)
    {
        for (long number = from; number < end; number++)
            yield return number;
    }

    // Of a run whose generators made the groups of their places: those that some had begun and others had not.
    static (long First, long[] Again) ByPlace(IReadOnlyList<GroupGenerator> generators)
    {
        long first = generators.Max(one => Math.Max(0, one.NextGroup - generators.Count + 1));
        List<long> again = [];
        foreach (GroupGenerator generator in generators)
        {
            for (long number = generator.NextGroup; number < first; number += generators.Count)
                again.Add(number);
        }
        return (first, [.. again.Order()]);
    }
}
