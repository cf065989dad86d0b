using RLSquared.Tensors.Random;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace RLSquared.Tasks;

/// <summary>
/// A machine with A arms, each of which pays at random around a mean of its own; an agent pulls T times and does not
/// know the means. Each pull is one episode of one step, so every step terminates an episode and the last one ends the
/// trial.
/// <para>
/// Rewards are common random numbers: the j-th pull of arm a in trial i of a seed brings the same reward whoever plays
/// and whenever. Two agents that are compared on the same trials therefore differ by what they do and not by luck.
/// </para>
/// </summary>
public abstract class BanditTask : TaskDistribution
{
    /// <summary>The pulls of one trial, T.</summary>
    public abstract int Pulls { get; }

    /// <inheritdoc/>
    public sealed override ObservationSpace Observation => ObservationSpace.Nothing;

    /// <inheritdoc/>
    public sealed override int TrialLength => Pulls;

    /// <summary>
    /// What an agent may believe about an arm before its first pull, as imagined pulls: so many of them …
    /// (2 for a Bernoulli arm with a uniform mean, whose prior Beta(1, 1) is one success and one failure).
    /// </summary>
    public abstract double PriorPulls { get; }

    /// <summary>… that brought this much in all (1 for a Bernoulli arm with a uniform mean).</summary>
    public abstract double PriorReward { get; }

    /// <summary>
    /// The size of a reward's noise, in which exploration bonuses are measured (1 for Bernoulli arms).
    /// </summary>
    public abstract double RewardScale { get; }

    /// <inheritdoc/>
    public sealed override int PrivilegedWidth => Actions;

    /// <inheritdoc/>
    public sealed override Lanes CreateLanes(int count) => CreateBanditLanes(count);

    /// <summary><see cref="TaskDistribution.CreateLanes"/>, with the arms open to view.</summary>
    public abstract BanditLanes CreateBanditLanes(int count);
}

/// <summary>N trials of a bandit in lock-step.</summary>
public abstract class BanditLanes : Lanes
{
    readonly float[] means;     // [N, A]
    readonly int[] pulled;      // [N, A]: how often each arm was pulled in this trial
    readonly float[] best;      // [N]: the mean of the best arm
    readonly float[] regrets;   // [N]: how far below that the last arm is
    readonly int arms, pulls;
    ulong seed, firstTrial;
    int step;

    /// <summary>Room for N trials of a task.</summary>
    /// <param name="task">Whose arms and pulls they have.</param>
    /// <param name="count">N, at least 1.</param>
    protected BanditLanes(BanditTask task, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        Count = count;
        (arms, pulls) = (task.Actions, task.Pulls);
        means = new float[count * arms];
        pulled = new int[count * arms];
        best = new float[count];
        regrets = new float[count];
        step = pulls;           // nothing can be pulled before Begin
    }

    /// <inheritdoc/>
    public sealed override int Count { get; }

    /// <summary>The true means of a lane's arms, [A], which no agent sees.</summary>
    public ReadOnlySpan<float> Means(int lane) => means.AsSpan(lane * arms, arms);

    /// <inheritdoc/>
    public sealed override void Begin(ulong seed, ulong firstTrial, Span<float> observations)
    {
        (this.seed, this.firstTrial, step) = (seed, firstTrial, 0);
        Array.Clear(pulled);
        for (int lane = 0; lane < Count; lane++)
        {
            var key = new RandomKey(seed, RandomPurpose.Task, firstTrial + (ulong)lane);
            Span<float> own = means.AsSpan(lane * arms, arms);
            DrawMeans(key, own);
            best[lane] = TensorPrimitives.Max<float>(own);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The trial is over; call <see cref="Begin"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An action is not an arm.</exception>
    public sealed override void Step(
        ReadOnlySpan<int> actions, Span<float> observations, Span<float> rewards, Span<Endings> endings)
    {
        int N = Count;
        actions = actions[..N];
        rewards = rewards[..N];
        endings = endings[..N];
        if (step == pulls)
            throw new InvalidOperationException($"a trial has {pulls} pulls and all are done; begin the next trial");
        Endings ending = ++step == pulls ? Endings.Terminated | Endings.TrialEnded : Endings.Terminated;
        for (int lane = 0; lane < N; lane++)
        {
            int arm = actions[lane];
            if ((uint)arm >= (uint)arms)
                ThrowNoSuchArm(arm, lane);
            int place = lane * arms + arm;
            var key = new RandomKey(seed, RandomPurpose.Environment, firstTrial + (ulong)lane);
            rewards[lane] = Pay(key, arm, pulled[place]++, means[place]);
            regrets[lane] = best[lane] - means[place];
            endings[lane] = ending;
        }
    }

    /// <inheritdoc/>
    public sealed override bool KnowsRegrets => true;

    /// <inheritdoc/>
    public sealed override void Regrets(Span<float> regrets) => this.regrets.CopyTo(regrets);

    /// <summary>What each arm would cost: how far its mean is below that of the best, [N, A].</summary>
    public sealed override void Privileged(Span<float> numbers)
    {
        for (int place = 0; place < means.Length; place++)
            numbers[place] = best[place / arms] - means[place];
    }

    /// <summary>Draws the means of one trial's arms, [A].</summary>
    protected abstract void DrawMeans(RandomKey key, Span<float> means);

    /// <summary>What an arm pays at its pull number 0, 1, …: a function of the arguments alone.</summary>
    protected abstract float Pay(RandomKey key, int arm, int pull, float mean);

    void ThrowNoSuchArm(int arm, int lane) => throw new ArgumentOutOfRangeException(
        nameof(arm), arm, $"lane {lane} pulls arm {arm}, but the arms are 0 … {arms - 1}");
}
