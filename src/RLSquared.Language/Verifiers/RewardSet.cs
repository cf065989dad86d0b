namespace RLSquared.Language.Verifiers;

/// <summary>
/// Reward functions with names and weights. Their weighted sum is the reward. A function that gives null has no say; a
/// completion for which none has a say cannot be scored, and so cannot one for which a function throws or gives no
/// number: it is counted, and never a reward of 0.
/// </summary>
public sealed class RewardSet
{
    readonly List<(string Name, float Weight, Func<Completion, CancellationToken, ValueTask<float?>> Score)>
        functions = [];
    readonly Dictionary<string, (long Count, string First)> failures = new(StringComparer.Ordinal);
    readonly Lock gate = new();
    long unscorable;

    /// <summary>Adds a function.</summary>
    /// <param name="name">What metrics call it; each name once.</param>
    /// <param name="score">The reward, or null where it cannot tell.</param>
    /// <param name="weight">What it is multiplied with.</param>
    /// <returns>This set.</returns>
    public RewardSet Add(string name, Func<Completion, float?> score, float weight = 1)
    {
        ArgumentNullException.ThrowIfNull(score);
        return Add(name, (completion, _) => ValueTask.FromResult(score(completion)), weight);
    }

    /// <summary>Adds a function that takes its time, such as a question to a judge. All of a batch run at
    /// once.</summary>
    /// <param name="name">What metrics call it; each name once.</param>
    /// <param name="score">The reward, or null where it cannot tell.</param>
    /// <param name="weight">What it is multiplied with.</param>
    /// <returns>This set.</returns>
    public RewardSet Add(
        string name, Func<Completion, CancellationToken, ValueTask<float?>> score, float weight = 1)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(score);
        if (!float.IsFinite(weight))
            throw new ArgumentException($"the weight of '{name}' is {weight}, which is no number", nameof(weight));
        if (functions.Exists(one => one.Name == name))
            throw new ArgumentException($"there is a reward '{name}' already", nameof(name));
        functions.Add((name, weight, score));
        return this;
    }

    /// <summary>The names in the order in which they were added.</summary>
    public IReadOnlyList<string> Names => functions.ConvertAll(one => one.Name);

    /// <summary>Completions so far without a score.</summary>
    public long Unscorable => Interlocked.Read(ref unscorable);

    /// <summary>By function: how often it threw or gave no number, and what it said the first time.</summary>
    public IReadOnlyDictionary<string, (long Count, string First)> Failures
    {
        get
        {
            lock (gate)
                return new Dictionary<string, (long, string)>(failures);
        }
    }

    /// <summary>Scores completions; the results are in their order.</summary>
    /// <param name="completions">What to score.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The completions with <see cref="Completion.RewardParts"/> and <see
    /// cref="Completion.Reward"/>.</returns>
    /// <exception cref="InvalidOperationException">There is no function.</exception>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public async Task<IReadOnlyList<Completion>> Score(
        IReadOnlyList<Completion> completions, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(completions);
        if (functions.Count == 0)
            throw new InvalidOperationException("there is no reward function; add one");
        return await Task.WhenAll(completions.Select(one => Score(one, cancellation))).ConfigureAwait(false);
    }

    async Task<Completion> Score(Completion completion, CancellationToken cancellation)
    {
        Task<(float? Value, bool Failed)>[] running =
            [.. functions.Select(one => Part(one.Name, one.Score, completion, cancellation))];
        (float? Value, bool Failed)[] parts = await Task.WhenAll(running).ConfigureAwait(false);
        float? reward = null;
        var named = new Dictionary<string, float?>(StringComparer.Ordinal);
        for (int i = 0; i < parts.Length; i++)
        {
            named[functions[i].Name] = parts[i].Value;
            if (parts[i].Value is { } value)
                reward = (reward ?? 0) + functions[i].Weight * value;
        }
        if (parts.Any(part => part.Failed))
            reward = null;
        if (reward is null)
            Interlocked.Increment(ref unscorable);
        return completion with { RewardParts = named, Reward = reward };
    }

    async Task<(float? Value, bool Failed)> Part(
        string name, Func<Completion, CancellationToken, ValueTask<float?>> score, Completion completion,
        CancellationToken cancellation)
    {
        try
        {
            float? value = await score(completion, cancellation).ConfigureAwait(false);
            if (value is null || float.IsFinite(value.Value))
                return (value, false);
            Count(name, $"it gave {value}, which is no number");
        }
        catch (Exception failure)
            when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            // A user's function may throw whatever it likes; the sample is lost, the run is not.
            Count(name, failure.Message);
        }
        return (null, true);
    }

    void Count(string name, string message)
    {
        lock (gate)
        {
            failures[name] = failures.TryGetValue(name, out (long Count, string First) before)
                ? (before.Count + 1, before.First) : (1, message);
        }
    }
}
