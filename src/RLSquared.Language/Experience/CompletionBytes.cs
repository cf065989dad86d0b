using System.Text;
using System.Text.Json;
using RLSquared.Language.Verifiers;

namespace RLSquared.Language.Experience;

/// <summary>
/// Completions as bytes, whole and exact: what a checkpoint keeps of those that were generated and not yet learnt from.
/// </summary>
static class CompletionBytes
{
    const int Version = 1, Most = 1 << 24;

    public static byte[] Write(IReadOnlyCollection<Completion> completions)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(Version);
        writer.Write(completions.Count);
        foreach (Completion one in completions)
        {
            Write(one.PromptTokens, writer.Write);
            Write(one.Tokens, writer.Write);
            Write(one.Mask, writer.Write);
            Write(one.LogProbs, writer.Write);
            Write(one.Versions, writer.Write);
            Write(one.Segments, writer.Write);
            Write(one.Advantages, writer.Write);
            writer.Write(one.Prompt);
            writer.Write(one.Text);
            writer.Write(one.IsFinished);
            writer.Write(one.GroupId);
            writer.Write(one.TrajectoryId);
            writer.Write(one.AnchorKey is not null);
            writer.Write(one.AnchorKey ?? "");
            writer.Write(one.Reward ?? float.NaN);
            writer.Write(one.RewardParts.Count);
            foreach ((string name, float? value) in one.RewardParts)
            {
                writer.Write(name);
                writer.Write(value ?? float.NaN);
            }
            writer.Write(one.Columns.Count);
            foreach ((string name, JsonElement value) in one.Columns)
            {
                writer.Write(name);
                writer.Write(value.GetRawText());
            }
        }
        writer.Flush();
        return stream.ToArray();

        void Write<T>(IReadOnlyList<T> numbers, Action<T> write)
        {
            writer.Write(numbers.Count);
            foreach (T number in numbers)
                write(number);
        }
    }

    /// <exception cref="InvalidDataException">The bytes are no completions.</exception>
    public static List<Completion> Read(byte[] bytes)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
            if (reader.ReadInt32() is var version && version != Version)
                throw new InvalidDataException($"completions are of version {version}, and {Version} can be read");
            List<Completion> completions = [];
            for (int left = Count(reader, bytes); left > 0; left--)
                completions.Add(ReadOne(reader, bytes));
            return completions;
        }
        catch (Exception failure) when (failure is EndOfStreamException or FormatException or JsonException
            or ArgumentException or OverflowException)
        {
            throw new InvalidDataException($"completions cannot be read: {failure.Message}", failure);
        }
    }

    static Completion ReadOne(BinaryReader reader, byte[] bytes)
    {
        var one = new Completion
        {
            PromptTokens = Numbers(reader.ReadInt32),
            Tokens = Numbers(reader.ReadInt32),
            Mask = Numbers(reader.ReadByte),
            LogProbs = Numbers(reader.ReadSingle),
            Versions = Numbers(reader.ReadInt32),
            Segments = Numbers(reader.ReadInt32),
            Advantages = Numbers(reader.ReadSingle),
            Prompt = reader.ReadString(),
            Text = reader.ReadString(),
            IsFinished = reader.ReadBoolean(),
            GroupId = reader.ReadInt64(),
            TrajectoryId = reader.ReadInt64(),
            AnchorKey = reader.ReadBoolean() ? reader.ReadString() : Nothing(reader.ReadString()),
            Reward = Known(reader.ReadSingle()),
        };
        var parts = new Dictionary<string, float?>(StringComparer.Ordinal);
        for (int left = Count(reader, bytes); left > 0; left--)
            parts.Add(reader.ReadString(), Known(reader.ReadSingle()));
        var columns = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        for (int left = Count(reader, bytes); left > 0; left--)
            columns.Add(reader.ReadString(), JsonElement.Parse(reader.ReadString()));
        one = one with { RewardParts = parts, Columns = columns };
        return one;

        T[] Numbers<T>(Func<T> read)
        {
            var numbers = new T[Count(reader, bytes)];
            for (int i = 0; i < numbers.Length; i++)
                numbers[i] = read();
            return numbers;
        }
    }

    static int Count(BinaryReader reader, byte[] bytes)
    {
        int count = reader.ReadInt32();
        return count >= 0 && count <= Math.Min(Most, bytes.Length) ? count
            : throw new InvalidDataException($"completions cannot be read: a count is {count}");
    }

    static float? Known(float value) => float.IsNaN(value) ? null : value;

    static string? Nothing(string _) => null;
}
