using RLSquared.Language.Verifiers;

namespace RLSquared.Language.Experience;

/// <summary>A completion that waits to be learnt from; numbers are by token of prompt and completion, [T].</summary>
/// <param name="Completion">The record.</param>
/// <param name="Sequence">Its tokens and which of them are learnt.</param>
/// <param name="Old">log π_old, as the trainer computes it.</param>
/// <param name="Behaviour">log μ, as the tokens were drawn.</param>
/// <param name="Reference">log π_ref; empty without a reference.</param>
sealed record Sample(
    Completion Completion, TokenSequence Sequence, float[] Old, float[] Behaviour, float[] Reference)
{
    /// <summary>What a value network expected before each token; empty without one.</summary>
    public float[] Values { get; init; } = [];

    /// <summary>What these values are to become; empty without a value network.</summary>
    public float[] Targets { get; init; } = [];

    /// <summary>Samples as bytes, whole and exact.</summary>
    public static byte[] Write(IReadOnlyList<Sample> samples)
    {
        if (samples.Count == 0)
            return [];
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        byte[] completions = CompletionBytes.Write([.. samples.Select(one => one.Completion)]);
        writer.Write(completions.Length);
        writer.Write(completions);
        foreach (Sample one in samples)
        {
            foreach (float[] numbers in (float[][])[one.Old, one.Behaviour, one.Reference, one.Values, one.Targets])
            {
                writer.Write(numbers.Length > 0);
                foreach (float number in numbers)
                    writer.Write(number);
            }
        }
        writer.Flush();
        return stream.ToArray();
    }

    /// <exception cref="InvalidDataException">The bytes are no samples.</exception>
    public static List<Sample> Read(byte[] bytes)
    {
        if (bytes.Length == 0)
            return [];
        try
        {
            using var reader = new BinaryReader(new MemoryStream(bytes));
            int length = reader.ReadInt32();
            if (length < 0 || length > bytes.Length)
                throw new InvalidDataException($"samples cannot be read: a length is {length}");
            List<Sample> samples = [];
            foreach (Completion completion in CompletionBytes.Read(reader.ReadBytes(length)))
            {
                completion.RequireWhole();
                var sequence = TokenSequence.Of(completion);
                samples.Add(new Sample(completion, sequence, Numbers(sequence), Numbers(sequence), Numbers(sequence))
                {
                    Values = Numbers(sequence),
                    Targets = Numbers(sequence),
                });
            }
            return samples;

            float[] Numbers(TokenSequence sequence)
            {
                float[] numbers = new float[reader.ReadBoolean() ? sequence.Tokens.Length : 0];
                for (int i = 0; i < numbers.Length; i++)
                    numbers[i] = reader.ReadSingle();
                return numbers;
            }
        }
        catch (Exception failure) when (failure is EndOfStreamException or ArgumentException
            or InvalidOperationException)
        {
            throw new InvalidDataException($"samples cannot be read: {failure.Message}", failure);
        }
    }
}
