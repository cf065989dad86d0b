using System.Text.Json;
using RLSquared.Language.Experience;
using RLSquared.Language.Verifiers;

namespace RLSquared.Language.Pipelines;

/// <summary>
/// A scored group on its way from another process: token ids, log μ, versions, parts of the reward. Prompts and columns
/// stay behind, for each process draws them from the same data.
/// </summary>
static class GroupBlock
{
    public static byte[] Write(IReadOnlyList<Completion> group) => CompletionBytes.Write(
        [.. group.Select(one => one with { Prompt = "", Columns = new Dictionary<string, JsonElement>() })]);

    /// <param name="bytes">What <see cref="Write"/> gave elsewhere.</param>
    /// <param name="plan">What all generators have in common.</param>
    /// <param name="number">The group that was asked for.</param>
    /// <param name="version">The newest version of the weights.</param>
    /// <exception cref="InvalidDataException">They are no such group; the message says why.</exception>
    public static List<Completion> Read(byte[] bytes, GenerationPlan plan, long number, int version)
    {
        List<Completion> group = CompletionBytes.Read(bytes);
        if (group.Count != plan.GroupSize)
            throw new InvalidDataException($"group {number} has {group.Count} completions, and not {plan.GroupSize}");
        for (int g = 0; g < group.Count; g++)
        {
            if (group[g].GroupId != number || group[g].TrajectoryId != number * plan.GroupSize + g)
            {
                throw new InvalidDataException(
                    $"completion {group[g].TrajectoryId} of group {group[g].GroupId} comes as one of group {number}");
            }
        }
        group = Completions.FromElsewhere(plan.Task, plan.Seed, number, group);
        foreach (Completion one in group)
        {
            if (Complaint(one, plan, version) is { } complaint)
                throw new InvalidDataException($"completion {one.TrajectoryId} {complaint}");
        }
        return group;
    }

    static string? Complaint(Completion one, GenerationPlan plan, int version)
    {
        try
        {
            one.RequireWhole();
        }
        catch (InvalidOperationException failure)
        {
            return $"is not whole: {failure.Message}";
        }
        return one.Tokens.Count == 0 || one.Tokens.Count > plan.Sampling.MaximumTokens
            ? $"has {one.Tokens.Count} tokens, and 1 to {plan.Sampling.MaximumTokens} are possible"
            : one.Tokens.Any(id => id < 0 || id >= plan.Task.Tokenizer.Count)
            ? $"has a token that none of {plan.Task.Tokenizer.Count} is"
            : one.Versions.FirstOrDefault(drawn => drawn < 0 || drawn > version) is var other && other != 0
            ? $"was drawn with weights of version {other}, and the newest are of version {version}"
            : one.LogProbs.Any(value => !float.IsFinite(value)) ? "has a log-probability that is no number" : null;
    }
}
