using System.Runtime.InteropServices;
using RLSquared.Language.Data;
using RLSquared.Language.Verifiers;

namespace RLSquared.Language.Experience;

/// <summary>
/// Writes down what a policy and an environment say in turns, token by token, as it happens: the tokens that were drawn
/// are the tokens that are learnt from, and nothing is ever tokenised anew. One turn or many make one
/// <see cref="Completion"/>.
/// <code>
/// var trajectory = new Trajectory(prompt);
/// trajectory.AddDrawn(tokens, logProbs, version);      // the policy's turn
/// trajectory.AddGiven(observation);                     // the environment's, which is not learnt
/// Completion record = trajectory.ToCompletion(ids => tokenizer.Decode(ids), example, 3, 17, isFinished: true);
/// </code>
/// </summary>
public sealed class Trajectory
{
    readonly int[] prompt;
    readonly List<int> tokens = [], versions = [], segments = [];
    readonly List<float> logProbs = [];
    readonly List<byte> mask = [];
    int segment;

    /// <summary>A trajectory that begins with a prompt.</summary>
    /// <param name="prompt">Ids of the prompt, of any length above 0.</param>
    /// <exception cref="ArgumentException">The prompt has no tokens.</exception>
    public Trajectory(ReadOnlySpan<int> prompt)
    {
        if (prompt.Length == 0)
            throw new ArgumentException("a trajectory begins with a prompt of at least one token", nameof(prompt));
        this.prompt = prompt.ToArray();
    }

    /// <summary>All ids so far, prompt included: what the policy sees next.</summary>
    /// <returns>Ids, of the length so far.</returns>
    public int[] Context() => [.. prompt, .. tokens];

    /// <summary>Tokens behind the prompt.</summary>
    public int Count => tokens.Count;

    /// <summary>The policy's tokens. A segment is a turn of the policy with what the environment answers.</summary>
    /// <param name="ids">Ids as they were drawn, [T].</param>
    /// <param name="drawn">log μ of each, [T].</param>
    /// <param name="version">The weights that drew them.</param>
    /// <exception cref="ArgumentException">There are not as many log-probabilities as tokens.</exception>
    public void AddDrawn(ReadOnlySpan<int> ids, ReadOnlySpan<float> drawn, int version)
    {
        if (ids.Length != drawn.Length)
            throw new ArgumentException($"{ids.Length} tokens have {drawn.Length} log-probabilities; each has one");
        foreach (float one in drawn)
            logProbs.Add(one);
        Add(ids, 1, version);
    }

    /// <summary>The policy's tokens, drawn while its weights changed.</summary>
    /// <param name="ids">Ids as they were drawn, [T].</param>
    /// <param name="drawn">log μ of each, [T].</param>
    /// <param name="version">The weights that drew each, [T].</param>
    /// <exception cref="ArgumentException">There are not as many numbers as tokens.</exception>
    public void AddDrawn(ReadOnlySpan<int> ids, ReadOnlySpan<float> drawn, ReadOnlySpan<int> version)
    {
        if (ids.Length != drawn.Length || ids.Length != version.Length)
        {
            throw new ArgumentException($"{ids.Length} tokens have {drawn.Length} log-probabilities and " +
                $"{version.Length} versions; each has one of both");
        }
        foreach (float one in drawn)
            logProbs.Add(one);
        Add(ids, 1, 0);
        version.CopyTo(CollectionsMarshal.AsSpan(versions)[^ids.Length..]);
    }

    /// <summary>Tokens that an environment put there; they are seen and not learnt.</summary>
    /// <param name="ids">Ids, of any length.</param>
    public void AddGiven(ReadOnlySpan<int> ids)
    {
        foreach (int _ in ids)
            logProbs.Add(0);
        Add(ids, 0, versions.Count > 0 ? versions[^1] : 0);
    }

    void Add(ReadOnlySpan<int> ids, byte mark, int version)
    {
        foreach (int id in ids)
        {
            tokens.Add(id);
            mask.Add(mark);
            versions.Add(version);
            segments.Add(segment);
        }
        segment += mark == 0 ? 1 : 0;
    }

    /// <summary>The record so far.</summary>
    /// <param name="decode">Ids to text.</param>
    /// <param name="example">The prompt's text and columns; null for none.</param>
    /// <param name="groupId">Trajectories of one prompt share it.</param>
    /// <param name="trajectoryId">Of this one alone.</param>
    /// <param name="isFinished">Whether it ended by itself.</param>
    public Completion ToCompletion(
        Func<int[], string> decode, PromptExample? example, long groupId, long trajectoryId, bool isFinished)
    {
        ArgumentNullException.ThrowIfNull(decode);
        return new Completion
        {
            PromptTokens = prompt,
            Tokens = [.. tokens],
            Mask = [.. mask],
            LogProbs = [.. logProbs],
            Versions = [.. versions],
            Segments = segment > 0 ? [.. segments] : [],
            Prompt = example?.Prompt ?? decode(prompt),
            Text = decode([.. tokens]),
            IsFinished = isFinished,
            GroupId = groupId,
            TrajectoryId = trajectoryId,
            Columns = example?.Columns ?? new Dictionary<string, System.Text.Json.JsonElement>(),
        };
    }
}
