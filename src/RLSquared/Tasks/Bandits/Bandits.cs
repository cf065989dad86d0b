using RLSquared.Agents;
using RLSquared.Tensors.Random;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace RLSquared.Tasks;

/// <summary>
/// A machine with A arms, each of which pays at random around a mean of its own; an agent pulls T times and does not
/// know the means. Each pull is one episode of one step, so every step terminates an episode and the last one ends the
/// trial.
/// <para>
/// Rewards are common random numbers: the j-th pull of arm a in trial i of a seed brings the same reward for every
/// agent and whenever. Two agents that are compared on the same trials therefore differ by what they do and not by
/// luck. (Where the means move, it is the pull at step t of the trial instead of the j-th of the arm.)
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

    /// <summary>Each pull is an episode.</summary>
    public sealed override int Episodes => Pulls;

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

    /// <summary>Whether the means move during a trial; else they stand still.</summary>
    public virtual bool IsRestless => false;

    /// <inheritdoc/>
    public sealed override int PrivilegedWidth => Actions;

    /// <inheritdoc/>
    public override IEnumerable<AgentEntry> Opponents => AgentCatalogue.Named("greedy", "epsilon-greedy", "ucb1");

    /// <inheritdoc/>
    public override TaskCeiling? Ceiling => TaskCeiling.OfEachTrial(
        "best arm known, out of reach", (lanes, lane) => ((BanditLanes)lanes).BestTotal(lane));

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
    readonly bool restless;
    ulong seed, firstTrial;
    int step;

    /// <summary>Room for N trials of a task.</summary>
    /// <param name="task">Whose arms and pulls they have.</param>
    /// <param name="count">N, at least 1.</param>
    protected BanditLanes(BanditTask task, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        Count = count;
        (arms, pulls, restless) = (task.Actions, task.Pulls, task.IsRestless);
        means = new float[count * arms];
        pulled = new int[count * arms];
        best = new float[count];
        regrets = new float[count];
        step = pulls;           // nothing can be pulled before Begin
    }

    /// <inheritdoc/>
    public sealed override int Count { get; }

    /// <summary>The true means of a lane's arms at its next pull, [A], which no agent sees.</summary>
    public ReadOnlySpan<float> Means(int lane) => means.AsSpan(lane * arms, arms);

    /// <summary>
    /// What a lane's whole trial brings on average to someone who knows the means of each pull and pulls the best arm.
    /// </summary>
    public double BestTotal(int lane)
    {
        RandomKey key = TaskKey(lane);
        float[] own = new float[arms];
        DrawMeans(key, own);
        if (!restless)
            return (double)TensorPrimitives.Max<float>(own) * pulls;
        double total = 0;
        for (int t = 1; t <= pulls; t++)
        {
            total += TensorPrimitives.Max<float>(own);
            MoveMeans(key, t, own);
        }
        return total;
    }

    /// <inheritdoc/>
    public sealed override void Begin(ulong seed, ulong firstTrial, Span<float> observations)
    {
        (this.seed, this.firstTrial, step) = (seed, firstTrial, 0);
        Array.Clear(pulled);
        for (int lane = 0; lane < Count; lane++)
        {
            Span<float> own = means.AsSpan(lane * arms, arms);
            DrawMeans(TaskKey(lane), own);
            best[lane] = TensorPrimitives.Max<float>(own);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The trial is over; call <see cref="Begin"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An action is not an arm.</exception>
    public sealed override void Step(
        ReadOnlyActionSpan actions, Span<float> observations, Span<float> rewards, Span<Endings> endings)
    {
        int N = Count;
        ReadOnlySpan<int> chosen = actions.Choices[..N];
        rewards = rewards[..N];
        endings = endings[..N];
        if (step == pulls)
            throw new InvalidOperationException($"a trial has {pulls} pulls and all are done; begin the next trial");
        Endings ending = ++step == pulls ? Endings.Terminated | Endings.TrialEnded : Endings.Terminated;
        for (int lane = 0; lane < N; lane++)
        {
            int arm = chosen[lane];
            if ((uint)arm >= (uint)arms)
                ThrowNoSuchArm(arm, lane);
            int place = lane * arms + arm;
            var key = new RandomKey(seed, RandomPurpose.Environment, firstTrial + (ulong)lane);
            rewards[lane] = Pay(key, arm, restless ? step - 1 : pulled[place]++, means[place]);
            regrets[lane] = best[lane] - means[place];
            endings[lane] = ending;
            if (restless)
            {
                Span<float> own = means.AsSpan(lane * arms, arms);
                MoveMeans(TaskKey(lane), step, own);
                best[lane] = TensorPrimitives.Max<float>(own);
            }
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

    /// <summary>
    /// Moves the means of one trial's arms, [A], to where they are after <paramref name="step"/> pulls, 1, 2, …: a
    /// function of the arguments alone. Asked only of a task that <see cref="BanditTask.IsRestless"/>.
    /// </summary>
    protected virtual void MoveMeans(RandomKey key, int step, Span<float> means)
    {
    }

    /// <summary>
    /// What an arm pays at its pull number 0, 1, … (of a restless task at the trial's pull number 0, 1, …): a function
    /// of the arguments alone.
    /// </summary>
    protected abstract float Pay(RandomKey key, int arm, int pull, float mean);

    RandomKey TaskKey(int lane) => new(seed, RandomPurpose.Task, firstTrial + (ulong)lane);

    void ThrowNoSuchArm(int arm, int lane) => throw new ArgumentOutOfRangeException(
        nameof(arm), arm, $"lane {lane} pulls arm {arm}, but the arms are 0 … {arms - 1}");
}
