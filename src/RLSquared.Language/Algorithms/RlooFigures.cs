using RLSquared.Language.Experience;
using RLSquared.Language.Verifiers;

namespace RLSquared.Language.Algorithms;

/// <summary>
/// The figures of a batch, under TRL's names. <c>reward</c> is without the divergence and without the limit;
/// <c>frac_reward_zero_std</c> is of what the advantages are made of.
/// </summary>
static class RlooFigures
{
    const double Alike = 1e-8;

    /// <summary>The mean reward of those that have one, or another number where none has.</summary>
    public static double MeanReward(IEnumerable<Completion> completions, double otherwise = 0) =>
        completions.Where(one => one.Reward is not null).Select(one => (double)one.Reward!.Value)
            .DefaultIfEmpty(otherwise).Average();

    public static IEnumerable<(string Name, double Value)> OfCompletions(
        IReadOnlyList<Completion> completions, int groupSize)
    {
        double[] lengths = [.. completions.Select(one => (double)one.Tokens.Count)];
        double[] terminated = [.. completions.Where(one => one.IsFinished).Select(one => (double)one.Tokens.Count)];
        foreach ((string name, double[] values) in new[] { ("length", lengths), ("terminated_length", terminated) })
        {
            if (values.Length == 0)
                continue;
            yield return ($"completions/mean_{name}", values.Average());
            yield return ($"completions/min_{name}", values.Min());
            yield return ($"completions/max_{name}", values.Max());
        }
        yield return ("completions/clipped_ratio", 1 - (double)terminated.Length / lengths.Length);
        foreach (string name in completions[0].RewardParts.Keys)
        {
            double[] parts = [.. completions.Select(one => one.RewardParts[name]).OfType<float>()
                .Select(part => (double)part)];
            if (parts.Length == 0)
                continue;
            yield return ($"rewards/{name}/mean", parts.Average());
            yield return ($"rewards/{name}/std", Deviation(parts));
        }
        yield return ("reward", MeanReward(completions));
        yield return ("reward_std", completions.Chunk(groupSize)
            .Select(group => Deviation([.. group.Select(one => one.Reward).OfType<float>().Select(r => (double)r)]))
            .Average());
        yield return ("unscorable", completions.Count(one => one.Reward is null));
    }

    /// <param name="rewards">With the limit and the divergence, [B]; NaN where there is none.</param>
    /// <param name="divergences">k1 of each completion, [B]; may be empty.</param>
    /// <param name="sequences">The completions' tokens.</param>
    /// <param name="groupSize">G.</param>
    public static IEnumerable<(string Name, double Value)> OfCredit(
        float[] rewards, double[] divergences, IReadOnlyList<TokenSequence> sequences, int groupSize)
    {
        float[][] groups = [.. rewards.Chunk(groupSize)];
        yield return ("frac_reward_zero_std", groups.Count(group => Deviation(
            [.. group.Where(reward => !float.IsNaN(reward)).Select(reward => (double)reward)]) <= Alike)
            / (double)groups.Length);
        // By token, as TRL has it: the sum over the batch by the tokens of the batch.
        if (divergences.Length > 0)
            yield return ("kl", divergences.Sum() / Math.Max(1, sequences.Sum(one => (long)one.Learnt)));
    }

    public static IEnumerable<(string Name, double Value)> OfLoss(IReadOnlyList<LossFigures> figures)
    {
        LossFigures all = figures.Aggregate((a, b) => a + b);
        if (all.Tokens == 0)
            yield break;
        // Shares of each completion's tokens; the least and the most over completions are of one process: TRL takes
        // them over processes, of which there is one.
        (double low, double high) = (all.Low / all.Tokens, all.High / all.Tokens);
        yield return ("clip_ratio/low_mean", low);
        yield return ("clip_ratio/low_min", low);
        yield return ("clip_ratio/high_mean", high);
        yield return ("clip_ratio/high_max", high);
        yield return ("clip_ratio/region_mean", low + high);
        yield return ("ess", all.Squares > 0 ? all.Ratios * all.Ratios / (all.Tokens * all.Squares) : 0);
        yield return ("off_policy_dropped", all.Dropped);
    }

    /// <summary>Figures as bytes: a batch's are logged with each update that it serves.</summary>
    public static byte[] Write(IReadOnlyList<(string Name, double Value)> figures)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        foreach ((string name, double value) in figures)
        {
            writer.Write(name);
            writer.Write(value);
        }
        writer.Flush();
        return stream.ToArray();
    }

    /// <exception cref="InvalidDataException">The bytes are no figures.</exception>
    public static List<(string Name, double Value)> Read(byte[] bytes)
    {
        var stream = new MemoryStream(bytes);
        using var reader = new BinaryReader(stream);
        List<(string, double)> figures = [];
        try
        {
            while (stream.Position < stream.Length)
                figures.Add((reader.ReadString(), reader.ReadDouble()));
        }
        catch (Exception failure) when (failure is EndOfStreamException or FormatException)
        {
            throw new InvalidDataException($"the figures cannot be read: {failure.Message}", failure);
        }
        return figures;
    }

    static double Deviation(double[] values)
    {
        if (values.Length < 2)
            return 0;
        double mean = values.Average();
        return Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1));
    }
}
