using RLSquared.Agents;
using RLSquared.Tasks;
using RLSquared.Tensors.Statistics;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace RLSquared.Experience;

/// <summary>
/// What N trials of T steps brought, time first: element (t, n) of an array [T, N, ·] begins at (t · N + n) times the
/// width. The arrays live as long as the training and are written anew in each iteration.
/// </summary>
public sealed class Rollout
{
    readonly Comparison<int> byLength;

    /// <summary>Room for N trials of T steps.</summary>
    /// <param name="T">Steps of a trial.</param>
    /// <param name="N">Trials.</param>
    /// <param name="action">What is decided at each step.</param>
    /// <param name="groups">One-hot groups of a network's input row.</param>
    /// <param name="denseWidth">Plain numbers of a network's input row.</param>
    /// <param name="privilegedWidth">Numbers that only the value sees.</param>
    /// <param name="masks">Whether some options are at times not allowed.</param>
    /// <param name="regrets">Whether it is kept what each action cost.</param>
    /// <param name="image">What images are seen, if any.</param>
    /// <exception cref="OptionException">The steps of so many trials do not fit into one array.</exception>
    public Rollout(
        int T, int N, ActionSpace action, int groups, int denseWidth, int privilegedWidth, bool masks = false,
        bool regrets = false, ObservationSpace image = default)
    {
        int allowed = masks ? action.Size : 0;
        int widest = TensorPrimitives.Max<int>([1, image.Size, groups, denseWidth, privilegedWidth, allowed]);
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
        (this.T, this.N, Action, Groups) = (T, N, action, groups);
        (DenseWidth, PrivilegedWidth) = (denseWidth, privilegedWidth);
        int count = T * N;
        InputIndices = new int[count * groups];
        InputNumbers = new float[count * denseWidth];
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

    /// <summary>One-hot groups of an input row.</summary>
    public int Groups { get; }

    /// <summary>Plain numbers of an input row, D.</summary>
    public int DenseWidth { get; }

    /// <summary>Numbers of a row that only the value sees, P.</summary>
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

    /// <summary>The positions of the ones in the network's input rows, [T, N, Groups].</summary>
    public int[] InputIndices { get; }

    /// <summary>The plain numbers of the network's input rows, [T, N, D].</summary>
    public float[] InputNumbers { get; }

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

    /// <summary>Makes step t, not the first, of some neighbouring trials padding.</summary>
    internal void Clear(int t, int firstTrial, int trials)
    {
        int at = t * N + firstTrial;
        // An index of padding must name an input too, so it stays that of the last step.
        Array.Copy(InputIndices, (at - N) * Groups, InputIndices, at * Groups, trials * Groups);
        Array.Clear(InputNumbers, at * DenseWidth, trials * DenseWidth);
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
