using RLSquared.Agents;
using RLSquared.Sharding;
using RLSquared.Tasks;
using RLSquared.Tensors.Statistics;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace RLSquared.Experience;

/// <summary>
/// What happened in N trials of T steps: at each step what was seen, what was done and how likely that was, and what it
/// brought. These are facts, which every policy turns into its own inputs and every algorithm into its own targets.
/// Time comes first: element (t, n) of an array [T, N, ·] begins at (t · N + n) times the width. The arrays live as
/// long as the training and are written anew in each iteration.
/// </summary>
public sealed class Rollout
{
    readonly Comparison<int> byLength;

    /// <summary>Room for N trials of T steps.</summary>
    /// <param name="T">Steps of a trial.</param>
    /// <param name="N">Trials.</param>
    /// <param name="spaces">What is seen and decided at each step.</param>
    /// <param name="features">Features that are kept of each image, as they were when it was played.</param>
    /// <param name="privilegedWidth">Numbers that only the value sees.</param>
    /// <param name="regrets">Whether it is kept what each action cost.</param>
    /// <exception cref="OptionException">The steps of so many trials do not fit into one array.</exception>
    public Rollout(
        int T, int N, TaskSpaces spaces, int features = 0, int privilegedWidth = 0, bool regrets = false)
    {
        ArgumentNullException.ThrowIfNull(spaces);
        ActionSpace action = spaces.Action;
        ObservationSpace image = spaces.Observation.Kind == ObservationKind.Image ? spaces.Observation : default;
        int allowed = spaces.Masks ? action.Size : 0, width = image.Size > 0 ? 0 : spaces.Observation.Width;
        int widest = TensorPrimitives.Max<int>(
            [1, image.Size, width, features, action.Choices, action.Numbers, privilegedWidth, allowed]);
        int most = Array.MaxLength / widest / T;
        if (N > most)
        {
            string steps = image.Size > 0 ? "images" : "steps";
            throw new OptionException("trials", $"{N} trials of {T} {steps} are more than one array can hold; " +
                (most > 0 ? $"{most} trials fit" : "not even one trial fits, so shorten the trial"));
        }
        Image = image;
        Images = new byte[T * N * image.Size];
        Lengths = new int[N];
        byLength = (a, b) => (Lengths[b], a).CompareTo((Lengths[a], b));
        (this.T, this.N, Action, Width) = (T, N, action, width);
        (FeatureWidth, PrivilegedWidth) = (features, privilegedWidth);
        int count = T * N;
        Observations = new float[count * width];
        Features = new float[count * features];
        PreviousActions = new ActionBuffer(action, count);
        PreviousRewards = new float[count];
        PreviousEndings = new Endings[count];
        StepsInTrial = new uint[count];
        Privileged = new float[count * privilegedWidth];
        Actions = new int[count * action.Choices];
        Draws = new float[count * action.Numbers];
        Allowed = new bool[count * allowed];
        LogProbabilities = new float[count];
        Rewards = new float[count];
        Regrets = new float[regrets ? count : 0];
        Endings = new Endings[count];
        Discounts = new float[count];
        Active = new float[count];
        Values = new float[count];
        Advantages = new float[count];
        Returns = new float[count];
    }

    /// <summary>Steps of a trial.</summary>
    public int T { get; }

    /// <summary>Trials.</summary>
    public int N { get; }

    /// <summary>What is decided at each step: K choices and C numbers.</summary>
    public ActionSpace Action { get; }

    /// <summary>Numbers of an observation; 0 where it is an image, which is kept as bytes.</summary>
    public int Width { get; }

    /// <summary>Features that are kept of each image, F.</summary>
    public int FeatureWidth { get; }

    /// <summary>Numbers that only the value sees, P.</summary>
    public int PrivilegedWidth { get; }

    /// <summary>What the images are; the default for none.</summary>
    public ObservationSpace Image { get; }

    /// <summary>The images seen, [T, N, size] bytes; unwritten where a trial was over.</summary>
    public byte[] Images { get; }

    /// <summary>How many steps each trial took, [N]; what follows them is padding.</summary>
    public int[] Lengths { get; }

    /// <summary>The steps that were played, without padding.</summary>
    public long Steps
    {
        get
        {
            long sum = 0;
            foreach (int length in Lengths)
                sum += length;
            return sum;
        }
    }

    /// <summary>What the agent saw at all steps, as that of T · N lanes.</summary>
    public Percept Seen => new()
    {
        Step = 0,                                       // each has its own
        Observations = Observations,
        PreviousActions = PreviousActions.Span,
        PreviousRewards = PreviousRewards,
        PreviousEndings = PreviousEndings,
        Allowed = Allowed,
    };

    /// <summary>What the task showed, [T, N, Width]; nothing of images.</summary>
    public float[] Observations { get; }

    /// <summary>What the policy that played made of the images, [T, N, F].</summary>
    public float[] Features { get; }

    /// <summary>What had been done before, [T, N]; zeros at the first step of a trial.</summary>
    public ActionBuffer PreviousActions { get; }

    /// <summary>What that had brought, [T, N].</summary>
    public float[] PreviousRewards { get; }

    /// <summary>What had ended with it, [T, N].</summary>
    public Endings[] PreviousEndings { get; }

    /// <summary>The number of the step within its trial, [T, N].</summary>
    public uint[] StepsInTrial { get; }

    /// <summary>The version of the weights that played (<see cref="Tensors.ParameterSet.Version"/>).</summary>
    public long WeightVersion { get; set; }

    /// <summary>What only the value sees, [T, N, P].</summary>
    public float[] Privileged { get; }

    /// <summary>What was chosen, [T, N, K].</summary>
    public int[] Actions { get; }

    /// <summary>The numbers of the actions as the policy drew them, [T, N, C].</summary>
    public float[] Draws { get; }

    /// <summary>Which options could be chosen, [T, N, A]; empty where all of them always could.</summary>
    public bool[] Allowed { get; }

    /// <summary>log π(a | history) of the actions taken, under the policy that took them, [T, N].</summary>
    public float[] LogProbabilities { get; }

    /// <summary>The rewards that followed, [T, N].</summary>
    public float[] Rewards { get; }

    /// <summary>What each action cost (<see cref="Lanes.Regrets"/>), [T, N]; empty where that is not kept.</summary>
    public float[] Regrets { get; }

    /// <summary>What ended with each step, [T, N].</summary>
    public Endings[] Endings { get; }

    /// <summary>The weight of all that comes after a step, [T, N]: γ, and 0 at the end of a trial.</summary>
    public float[] Discounts { get; }

    /// <summary>1 while a trial is being played, 0 for the padding after its end, [T, N].</summary>
    public float[] Active { get; }

    /// <summary>The value estimates before each action, [T, N].</summary>
    public float[] Values { get; }

    /// <summary>The advantage estimates, [T, N].</summary>
    public float[] Advantages { get; }

    /// <summary>What the values should have been, [T, N].</summary>
    public float[] Returns { get; }

    /// <summary>Keeps what some neighbouring trials see before they decide.</summary>
    /// <param name="at">The place of the first, t · N + n.</param>
    /// <param name="seen">What they see; all of it but images.</param>
    /// <param name="step">The number of the step within their trials.</param>
    public void NoteSeen(int at, in Percept seen, uint step)
    {
        int trials = seen.Lanes;
        if (Width > 0)
            seen.Observations.CopyTo(Observations.AsSpan(at * Width));
        seen.PreviousActions.Choices.CopyTo(PreviousActions.Choices.AsSpan(at * Action.Choices));
        seen.PreviousActions.Numbers.CopyTo(PreviousActions.Numbers.AsSpan(at * Action.Numbers));
        seen.PreviousRewards.CopyTo(PreviousRewards.AsSpan(at));
        seen.PreviousEndings.CopyTo(PreviousEndings.AsSpan(at));
        seen.Allowed.CopyTo(Allowed.AsSpan(Allowed.Length > 0 ? at * Action.Size : 0));
        StepsInTrial.AsSpan(at, trials).Fill(step);
    }

    /// <summary>Makes step t, not the first, of some neighbouring trials padding.</summary>
    internal void Clear(int t, int firstTrial, int trials)
    {
        int at = t * N + firstTrial;
        Array.Clear(Observations, at * Width, trials * Width);
        Array.Clear(Features, at * FeatureWidth, trials * FeatureWidth);
        Array.Clear(PreviousActions.Choices, at * Action.Choices, trials * Action.Choices);
        Array.Clear(PreviousActions.Numbers, at * Action.Numbers, trials * Action.Numbers);
        Array.Clear(PreviousRewards, at, trials);
        Array.Fill(PreviousEndings, Tasks.Endings.TrialEnded, at, trials);
        Array.Fill(StepsInTrial, (uint)t, at, trials);
        Array.Clear(Privileged, at * PrivilegedWidth, trials * PrivilegedWidth);
        Array.Clear(Actions, at * Action.Choices, trials * Action.Choices);
        Array.Clear(Draws, at * Action.Numbers, trials * Action.Numbers);
        if (Allowed.Length > 0)
            Array.Fill(Allowed, true, at * Action.Size, trials * Action.Size);
        foreach (float[] numbers in
            (ReadOnlySpan<float[]>)[LogProbabilities, Rewards, Discounts, Active, Values])
            Array.Clear(numbers, at, trials);
        if (Regrets.Length > 0)
            Array.Clear(Regrets, at, trials);
        Array.Fill(Endings, Tasks.Endings.TrialEnded, at, trials);
    }

    /// <summary>Shows what some neighbouring trials have seen and done: all that a policy learns from.</summary>
    internal void VisitSteps(ByteVisitor visitor, int firstTrial, int trials)
    {
        visitor.Numbers(Lengths.AsSpan(firstTrial, trials));
        Visit(visitor, Observations, Width, firstTrial, trials);
        Visit(visitor, Images, Image.Size, firstTrial, trials);
        Visit(visitor, Features, FeatureWidth, firstTrial, trials);
        Visit(visitor, PreviousActions.Choices, Action.Choices, firstTrial, trials);
        Visit(visitor, PreviousActions.Numbers, Action.Numbers, firstTrial, trials);
        Visit(visitor, PreviousRewards, 1, firstTrial, trials);
        Visit(visitor, PreviousEndings, 1, firstTrial, trials);
        Visit(visitor, StepsInTrial, 1, firstTrial, trials);
        Visit(visitor, Privileged, PrivilegedWidth, firstTrial, trials);
        Visit(visitor, Actions, Action.Choices, firstTrial, trials);
        Visit(visitor, Draws, Action.Numbers, firstTrial, trials);
        Visit(visitor, Allowed, Allowed.Length > 0 ? Action.Size : 0, firstTrial, trials);
        Visit(visitor, LogProbabilities, 1, firstTrial, trials);
        Visit(visitor, Active, 1, firstTrial, trials);
    }

    /// <summary>Shows what that has brought to the same trials, from which targets are made.</summary>
    internal void VisitOutcomes(ByteVisitor visitor, int firstTrial, int trials)
    {
        Visit(visitor, Rewards, 1, firstTrial, trials);
        Visit(visitor, Regrets, Regrets.Length > 0 ? 1 : 0, firstTrial, trials);
        Visit(visitor, Endings, 1, firstTrial, trials);
        Visit(visitor, Discounts, 1, firstTrial, trials);
        Visit(visitor, Values, 1, firstTrial, trials);
    }

    /// <summary>Shows all that is learned from: the steps of all trials, and their targets.</summary>
    internal void VisitLesson(ByteVisitor visitor)
    {
        VisitSteps(visitor, 0, N);
        visitor.Numbers(Advantages.AsSpan());
        visitor.Numbers(Returns.AsSpan());
    }

    void Visit<TNumber>(ByteVisitor visitor, TNumber[] array, int width, int firstTrial, int trials)
        where TNumber : unmanaged
    {
        for (int t = 0; t < T && width > 0; t++)
            visitor.Numbers(array.AsSpan((t * N + firstTrial) * width, trials * width));
    }

    /// <summary>Finds the rows t·N + b that were played; returns how many.</summary>
    /// <param name="rows">Receives them, [at most T · N].</param>
    internal int ActiveRows(Span<int> rows)
    {
        int count = 0;
        for (int i = 0; i < Active.Length; i++)
        {
            if (Active[i] != 0)
                rows[count++] = i;
        }
        return count;
    }

    /// <summary>The mean total reward of a trial.</summary>
    public double MeanReturn()
    {
        double sum = 0;
        foreach (float reward in Rewards)
            sum += reward;
        return sum / N;
    }

    /// <summary>
    /// Sorts each minibatch by the length of its trials, the longest first, so that shards share trials of like length
    /// and there is little padding. Where all are of one length the order stays.
    /// </summary>
    internal void SortEach(int[] order, int minibatch)
    {
        if (Lengths.AsSpan().IndexOfAnyExcept(Lengths[0]) < 0)
            return;
        for (int start = 0; start < order.Length; start += minibatch)
            order.AsSpan(start, minibatch).Sort(byLength);
    }

    /// <summary>How many steps of some trials are not padding.</summary>
    public float ActiveSteps(ReadOnlySpan<int> trials)
    {
        float sum = 0;
        foreach (int trial in trials)
            sum += Lengths[trial];
        return sum;
    }

    /// <summary>Returns if what the rewards add up to is a number that can be learned from.</summary>
    /// <exception cref="InvalidDataException">It is not; the message says of which trial, and from which
    /// step.</exception>
    internal void RequireReturns()
    {
        for (int i = Returns.Length - 1; i >= 0; i--)               // the last step at which a sum is too large
        {
            if (Active[i] != 0 && !(Math.Abs(Returns[i]) <= Incoming.Largest))
            {
                throw new InvalidDataException($"the return of lane {i % N} from step {i / N} on is {Returns[i]}; " +
                    $"sums of rewards beyond ±{Incoming.Largest} overflow, so give rewards in a larger unit");
            }
        }
    }

    /// <summary>
    /// 1 − Var(return − value) / Var(return) over the active steps: 1 for a perfect value, 0 for a useless one, and
    /// where returns do not vary, so that there is nothing to explain.
    /// </summary>
    public double ExplainedVariance()
    {
        double count = 0, mean = 0, error = 0;
        for (int i = 0; i < Returns.Length; i++)
        {
            count += Active[i];
            mean += Active[i] * (double)Returns[i];
            error += Active[i] * ((double)Returns[i] - Values[i]);
        }
        (mean, error) = (mean / count, error / count);
        double squares = 0, squaredErrors = 0;
        for (int i = 0; i < Returns.Length; i++)
        {
            double apart = Returns[i] - mean, errorApart = (double)Returns[i] - Values[i] - error;
            squares += Active[i] * apart * apart;
            squaredErrors += Active[i] * errorApart * errorApart;
        }
        double deviation = Math.Sqrt(squares / count);
        return deviation < Spread.AtLeastRounding(0, mean) ? 0 : 1 - squaredErrors / squares;
    }
}
