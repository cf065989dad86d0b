using RLSquared.Pipelines;

namespace RLSquared.Language.Verifiers;

/// <summary>
/// Reward functions with names and weights. Their weighted sum is the reward. A function that gives null has no say; a
/// completion for which none has a say cannot be scored, and so cannot one for which a function throws or gives no
/// number: it is counted, and never a reward of 0.
/// </summary>
public sealed class RewardSet
{
    const int MostLeft = 16;                             // threads that a function that hangs may keep

    readonly List<Function> functions = [];
    readonly Dictionary<string, (long Count, string First)> failures = new(StringComparer.Ordinal);
    readonly Dictionary<string, int> left = new(StringComparer.Ordinal);        // calls that did not answer in time
    readonly Lock gate = new(), batches = new();
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
        ArgumentNullException.ThrowIfNull(score);
        return Add(new Function(name, weight, score, null));
    }

    /// <summary>Adds a function that scores all completions of a batch together, such as a reward model.</summary>
    /// <param name="name">What metrics call it; each name once.</param>
    /// <param name="score">
    /// The reward of each completion in their order, or null where it cannot tell. If it throws, or gives another
    /// number of rewards, none of the batch can be scored.
    /// </param>
    /// <param name="weight">What it is multiplied with.</param>
    /// <returns>This set.</returns>
    public RewardSet AddBatch(
        string name, Func<IReadOnlyList<Completion>, IReadOnlyList<float?>> score, float weight = 1)
    {
        ArgumentNullException.ThrowIfNull(score);
        return Add(new Function(name, weight, null, score));
    }

    RewardSet Add(Function function)
    {
        ArgumentException.ThrowIfNullOrEmpty(function.Name);

        if (!float.IsFinite(function.Weight))
        {
            throw new ArgumentException(
                $"the weight of '{function.Name}' is {function.Weight}, which is no number", nameof(function));
        }
        if (functions.Exists(one => one.Name == function.Name))
            throw new ArgumentException($"there is a reward '{function.Name}' already", nameof(function));
        functions.Add(function);
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
    public Task<IReadOnlyList<Completion>> Score(
        IReadOnlyList<Completion> completions, CancellationToken cancellation = default) =>
        Score(completions, Timeout.InfiniteTimeSpan, cancellation);

    /// <summary>
    /// Scores completions and waits for no function longer than so long. One that does not answer has no say, as if it
    /// had thrown; its call is asked to end, and left behind if it does not.
    /// </summary>
    /// <param name="completions">What to score.</param>
    /// <param name="limit">The most time of a function for one completion.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The completions in their order, with their rewards.</returns>
    /// <exception cref="InvalidOperationException">There is no function.</exception>
    /// <exception cref="PipelineException">
    /// A function hangs: so many of its calls were left behind that the next would only be another.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public async Task<IReadOnlyList<Completion>> Score(
        IReadOnlyList<Completion> completions, TimeSpan limit, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(completions);
        if (functions.Count == 0)
            throw new InvalidOperationException("there is no reward function; add one");
        var together = new IReadOnlyList<float?>?[functions.Count];
        for (int f = 0; f < together.Length; f++)
            together[f] = await Together(functions[f], completions, limit, cancellation).ConfigureAwait(false);
        return await Task.WhenAll(completions.Select((one, i) => Score(one, i, together, limit, cancellation)))
            .ConfigureAwait(false);
    }

    async Task<Completion> Score(
        Completion completion, int place, IReadOnlyList<float?>?[] together, TimeSpan limit,
        CancellationToken cancellation)
    {
        Task<(float? Value, bool Failed)>[] running =
        [
            .. functions.Select((one, f) => one.Each is { } score
                ? Part(one.Name, (completion, cancellation) => Within(
                    limit, one.Name, token => score(completion, token), cancellation), completion, cancellation)
                : Task.FromResult(together[f] is { } all ? Known(one.Name, all[place]) : (null, true))),
        ];
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
            return Known(name, await score(completion, cancellation).ConfigureAwait(false));
        }
        catch (Exception failure) when (failure is not PipelineException
            && (failure is not OperationCanceledException || !cancellation.IsCancellationRequested))
        {
            // A user's function may throw whatever it likes; the sample is lost, the run is not.
            Count(name, failure.Message);
        }
        return (null, true);
    }

    // On a thread of the pool: a function that never gives its thread back keeps that one, and not the caller's.
    async ValueTask<T> Within<T>(
        TimeSpan limit, string name, Func<CancellationToken, ValueTask<T>> score, CancellationToken cancellation)
    {
        if (limit == Timeout.InfiniteTimeSpan)
            return await score(cancellation).ConfigureAwait(false);
        bool hangs;
        lock (gate)
        {
            hangs = left.Count > 0;
            if (left.GetValueOrDefault(name) >= MostLeft)
            {
                throw new PipelineException($"the reward '{name}' hangs: {MostLeft} of its calls did not answer " +
                    $"within {limit.TotalSeconds:0.###} s each and have not ended since");
            }
        }
        var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        CancellationToken token = bounded.Token;
        // Once a function has hung, threads of the pool are too few to be lent to it.
        Task<T> call = hangs
            ? Task.Factory.StartNew(() => score(token).AsTask(), cancellation, TaskCreationOptions.LongRunning,
                TaskScheduler.Default).Unwrap()
            : Task.Run(() => score(token).AsTask(), cancellation);
        try
        {
            T value = await call.WaitAsync(limit, cancellation).ConfigureAwait(false);
            bounded.Dispose();
            return value;
        }
        catch (TimeoutException late) when (!call.IsCompleted)
        {
            Leave(name, 1);
            _ = call.ContinueWith(ended => (ended.Exception, Leave(name, -1)), TaskScheduler.Default);
            _ = bounded.CancelAsync();                       // asks it to end, and does not wait until it does
            throw new TimeoutException($"it did not answer within {limit.TotalSeconds:0.###} s", late);
        }
    }

    int Leave(string name, int calls)
    {
        lock (gate)
            return left[name] = left.GetValueOrDefault(name) + calls;
    }

    // What a function for whole batches says to this one; null where it failed, or is none. One batch at a time: a
    // model that scores has one memory.
    async Task<IReadOnlyList<float?>?> Together(
        Function function, IReadOnlyList<Completion> completions, TimeSpan limit, CancellationToken cancellation)
    {
        if (function.All is not { } score || completions.Count == 0)
            return null;
        try
        {
            IReadOnlyList<float?> found = await Within(limit, function.Name, _ =>
            {
                lock (batches)
                    return ValueTask.FromResult(score(completions));
            }, cancellation).ConfigureAwait(false);
            if (found.Count == completions.Count)
                return found;
            Count(function.Name, $"it gave {found.Count} rewards for {completions.Count} completions",
                completions.Count);
        }
        catch (Exception failure) when (failure is not PipelineException
            && (failure is not OperationCanceledException || !cancellation.IsCancellationRequested))
        {
            Count(function.Name, failure.Message, completions.Count);
        }
        return null;
    }

    (float? Value, bool Failed) Known(string name, float? value)
    {
        if (value is null || float.IsFinite(value.Value))
            return (value, false);
        Count(name, $"it gave {value}, which is no number");
        return (null, true);
    }

    void Count(string name, string message, int completions = 1)
    {
        lock (gate)
        {
            failures[name] = failures.TryGetValue(name, out (long Count, string First) before)
                ? (before.Count + completions, before.First) : (completions, message);
        }
    }

    // A function for one completion, or for a batch.
    sealed record Function(string Name, float Weight, Func<Completion, CancellationToken, ValueTask<float?>>? Each,
        Func<IReadOnlyList<Completion>, IReadOnlyList<float?>>? All);
}

