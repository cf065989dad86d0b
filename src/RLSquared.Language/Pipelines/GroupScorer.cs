using RLSquared.Language.Verifiers;

namespace RLSquared.Language.Pipelines;

/// <summary>
/// Scores groups while generation goes on, each as soon as it is whole, and hands them on. A judge that takes its time
/// holds up no generator.
/// </summary>
/// <param name="rewards">What scores.</param>
/// <param name="add">Receives the groups, with their numbers.</param>
/// <param name="fail">Receives why one could not be scored or added.</param>
/// <param name="limit">The longest that a reward may take for a completion.</param>
sealed class GroupScorer(
    RewardSet rewards, Action<long, IReadOnlyList<Completion>, CancellationToken> add, Action<Exception> fail,
    TimeSpan limit) : IDisposable
{
    readonly CancellationTokenSource stop = new();
    readonly List<Task> running = [];
    readonly Lock gate = new();

    /// <summary>Begins to score a group. Any thread may call it.</summary>
    public void Begin(long number, IReadOnlyList<Completion> group)
    {
        Task task = Task.Run(() => Score(number, group));
        lock (gate)
        {
            running.RemoveAll(one => one.IsCompleted);
            running.Add(task);
        }
    }

    async Task Score(long number, IReadOnlyList<Completion> group)
    {
        try
        {
            IReadOnlyList<Completion> scored = await rewards.Score(group, limit, stop.Token).ConfigureAwait(false);
            add(number, scored, stop.Token);
        }
        catch (Exception failure)
        {
            fail(failure);
        }
    }

    /// <summary>Waits until all that have begun are in the queue; rewards have a limit, and so has this.</summary>
    public void Settle()
    {
        Task[] all;
        lock (gate)
        {
            all = [.. running];
            running.Clear();
        }
        Task.WaitAll(all);
    }

    public void Dispose()
    {
        stop.Cancel();
        Settle();
        stop.Dispose();
    }
}
