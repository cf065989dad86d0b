using RLSquared.Agents;
using RLSquared.Tasks;

namespace RLSquared.Policies;

/// <summary>
/// The row of numbers that a policy reads at each step, I = O + D of them. First the O places of ones:
/// <code>
///   state [S], if there are states │ previous choice 0 │ previous choice 1 │ …
/// </code>
/// each group with one 1 and else zeros, so that a row is kept as the positions of the ones; then the D plain numbers:
/// <code>
///   vector, or an image's features │ previous numbers [C] │ previous reward │ episode ended │ time to go, if seen
/// </code>
/// A row may do without what came before, the previous action, reward and end: then it is the observation alone. Where
/// that leaves nothing, the row is a single 1. This is the one place that knows the order.
/// </summary>
public sealed class InputRow
{
    readonly ActionSpace action;
    readonly bool history;
    readonly int vector, numbersAt, rewardAt, timeToGoAt;

    /// <summary>A row of what is seen.</summary>
    /// <param name="observation">What the task shows.</param>
    /// <param name="action">What is decided.</param>
    /// <param name="timeToGo">Whether the share of the trial that is left is seen.</param>
    /// <param name="history">Whether the previous action, its reward, and whether an episode ended are seen.</param>
    /// <param name="features">Features that an image is turned into.</param>
    public InputRow(
        ObservationSpace observation, ActionSpace action, bool timeToGo, bool history = true, int features = 0)
    {
        (this.action, this.history) = (action, history);
        States = observation.Kind == ObservationKind.Discrete ? observation.Size : 0;
        Groups = (States > 0 ? 1 : 0) + (history ? action.Choices : 0);
        OneHotWidth = checked(States + (history ? action.Size : 0));
        vector = observation.Kind == ObservationKind.Vector ? observation.Size : 0;
        Features = observation.Kind == ObservationKind.Image ? features : 0;
        numbersAt = vector + Features;
        rewardAt = checked(numbersAt + (history ? action.Numbers : 0));
        timeToGoAt = rewardAt + (history ? 2 : 0);
        (SeesTimeToGo, DenseWidth) = (timeToGo, checked(timeToGoAt + (timeToGo ? 1 : 0)));
        IsConstant = Width == 0;
        if (IsConstant)
            DenseWidth = 1;
    }

    /// <summary>States, S; 0 where a task shows none.</summary>
    public int States { get; }

    /// <summary>Features that an image is turned into, the first of the plain numbers; 0 without images.</summary>
    public int Features { get; }

    /// <summary>One-hot groups: the state, if there are states, and the previous choices.</summary>
    public int Groups { get; }

    /// <summary>Places of ones, O.</summary>
    public int OneHotWidth { get; }

    /// <summary>Plain numbers, D.</summary>
    public int DenseWidth { get; }

    /// <summary>Whether the share of the trial that is left is seen.</summary>
    public bool SeesTimeToGo { get; }

    /// <summary>Whether there is nothing to see: the row is a single 1.</summary>
    public bool IsConstant { get; }

    /// <summary>All numbers, I.</summary>
    public int Width => OneHotWidth + DenseWidth;

    /// <summary>What the row is made of, in its order.</summary>
    internal IEnumerable<InputPart> Parts
    {
        get
        {
            if (States > 0)
                yield return new(InputKind.State, 0, States);
            for (int k = 0, start = States; history && k < action.Choices; start += action.SizeOf(k++))
                yield return new(InputKind.PreviousChoice, start, action.SizeOf(k)) { Choice = k };
            if (vector > 0)
                yield return new(InputKind.Vector, OneHotWidth, vector);
            if (Features > 0)
                yield return new(InputKind.Features, OneHotWidth, Features);
            if (history && action.Numbers > 0)
                yield return new(InputKind.PreviousNumbers, OneHotWidth + numbersAt, action.Numbers);
            if (history)
            {
                yield return new(InputKind.PreviousReward, OneHotWidth + rewardAt, 1);
                yield return new(InputKind.PreviousDone, OneHotWidth + rewardAt + 1, 1);
            }
            if (SeesTimeToGo)
                yield return new(InputKind.TimeToGo, OneHotWidth + timeToGoAt, 1);
            if (IsConstant)
                yield return new(InputKind.Constant, 0, 1);
        }
    }

    /// <summary>The only part of a kind; null where there is none.</summary>
    internal InputPart? Find(InputKind kind) =>
        Parts.Where(part => part.Kind == kind).Select(part => (InputPart?)part).FirstOrDefault();

    /// <summary>Writes a percept as input rows.</summary>
    /// <param name="percept">What N lanes see.</param>
    /// <param name="steps">The number of each lane's step within its trial, [N].</param>
    /// <param name="trialLength">
    /// The most steps of a trial, of which the time to go is a share; beyond them it stays what it was at the last.
    /// </param>
    /// <param name="rewardScale">What rewards are multiplied with; null where they are seen as they are.</param>
    /// <param name="indices">Receives the positions of the ones, [N, Groups].</param>
    /// <param name="dense">Receives the plain numbers, [N, D], but for an image's features.</param>
    /// <exception cref="ArgumentException">
    /// A state or a previous choice that there is not. The positions of ones are addresses to the kernels.
    /// </exception>
    internal void Encode(
        in Percept percept, ReadOnlySpan<uint> steps, int trialLength, float? rewardScale, Span<int> indices,
        Span<float> dense)
    {
        for (int i = 0; i < percept.Lanes; i++)
        {
            EncodeLane(percept, i, steps[i], trialLength, rewardScale, indices.Slice(i * Groups, Groups),
                dense.Slice(i * DenseWidth, DenseWidth));
        }
    }

    /// <summary>Writes what one lane sees as an input row.</summary>
    /// <param name="percept">What all lanes see.</param>
    /// <param name="lane">Which of them.</param>
    /// <param name="step">The number of its step within its trial.</param>
    /// <param name="trialLength">The most steps of a trial.</param>
    /// <param name="rewardScale">What rewards are multiplied with; null where they are seen as they are.</param>
    /// <param name="ones">Receives the positions of the ones, [Groups].</param>
    /// <param name="numbers">
    /// Receives the plain numbers, [D] with a gap before them for an image's features, or [D − F] without.
    /// </param>
    /// <exception cref="ArgumentException">A state or a previous choice that there is not.</exception>
    internal void EncodeLane(
        in Percept percept, int lane, uint step, int trialLength, float? rewardScale, Span<int> ones,
        Span<float> numbers)
    {
        int K = action.Choices, C = action.Numbers, gone = DenseWidth - numbers.Length;
        if (States > 0)
            ones[0] = Place("state", percept.Observations[lane], States, lane);
        percept.Observations.Slice(lane * vector, vector).CopyTo(numbers);
        if (history)
        {
            for (int k = 0, start = States; k < K; start += action.SizeOf(k++))
            {
                int choice = percept.PreviousActions.Choices[lane * K + k];
                ones[Groups - K + k] = start + Place("previous choice", choice, action.SizeOf(k), lane);
            }
            percept.PreviousActions.Numbers.Slice(lane * C, C).CopyTo(numbers[(numbersAt - gone)..]);
            float reward = percept.PreviousRewards[lane];
            numbers[rewardAt - gone] = rewardScale is not { } scale ? reward
                : Math.Clamp(reward * scale, -InputNormaliser.Limit, InputNormaliser.Limit);
            numbers[rewardAt - gone + 1] = (percept.PreviousEndings[lane] & Endings.EpisodeEnded) != 0 ? 1 : 0;
        }
        if (SeesTimeToGo)
            numbers[timeToGoAt - gone] = 1 - (float)Math.Min(step, (uint)trialLength - 1) / trialLength;
        if (IsConstant)
            numbers[0] = 1;
    }

    static int Place(string what, double number, int count, int lane)
    {
        int place = (int)number;
        return place == number && (uint)place < (uint)count ? place : throw new ArgumentException(
            $"the {what} of lane {lane} is {number}, and must be a whole number from 0 to {count - 1}");
    }
}

/// <summary>What some places of an input row are.</summary>
enum InputKind
{
    State,
    PreviousChoice,
    Vector,
    Features,
    PreviousNumbers,
    PreviousReward,
    PreviousDone,
    TimeToGo,
    Constant,
}

/// <summary>Some places of an input row.</summary>
/// <param name="Kind">What they are.</param>
/// <param name="Start">The first one.</param>
/// <param name="Width">How many.</param>
readonly record struct InputPart(InputKind Kind, int Start, int Width)
{
    /// <summary>The number of the choice, where it is a previous choice.</summary>
    public int Choice { get; init; }

    /// <summary>Whether it is one 1 among zeros.</summary>
    public bool IsOneHot => Kind is InputKind.State or InputKind.PreviousChoice;
}
