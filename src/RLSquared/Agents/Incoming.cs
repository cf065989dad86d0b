using System.Numerics;
using RLSquared.Tasks;

namespace RLSquared.Agents;

/// <summary>
/// What tasks and players hand over, checked where it enters: everything behind these checks reads it as it is, some of
/// it as an address. Each check is one pass in vectors; only what fails is looked at one by one, for the message.
/// </summary>
static class Incoming
{
    /// <summary>
    /// The largest observation, reward or return. Their squares, and sums of these, still are single precision numbers.
    /// </summary>
    public const float Largest = 1e18f;

    /// <summary>Returns if all observations are of their space.</summary>
    /// <param name="task">The task that shows them.</param>
    /// <param name="observations">[N, Width].</param>
    /// <param name="step">The number of the step within the trial, for the message.</param>
    /// <param name="firstLane">The number of the first lane, for the message.</param>
    /// <exception cref="NonFiniteException">A number is a NaN or an infinity.</exception>
    /// <exception cref="InvalidDataException">A state, a pixel or a number that cannot be; the message says
    /// where.</exception>
    public static void RequireObservations(
        TaskDistribution task, ReadOnlySpan<float> observations, int step, int firstLane = 0)
    {
        ObservationSpace space = task.Observation;
        bool whole = space.Kind is ObservationKind.Discrete or ObservationKind.Image;
        (float least, float most) = space.Kind switch
        {
            ObservationKind.Discrete => (0, space.Size - 1),
            ObservationKind.Image => (0f, byte.MaxValue),
            _ => (-Largest, Largest),
        };
        if (AreWithin(observations, least, most, whole))
            return;
        NonFiniteException.ThrowIfAny(observations, "observation", step, space.Width, firstLane);
        int place = 0;
        while (IsWithin(observations[place], least, most, whole))
            place++;
        (int lane, int number) = (firstLane + place / space.Width, place % space.Width);
        string which = space.Width == 1 ? "" : $", number {number} of {space.Width}";
        string right = space.Kind switch
        {
            ObservationKind.Discrete => $"its states are whole numbers from 0 to {most}",
            ObservationKind.Image => "pixels are whole numbers from 0 to 255",
            _ => $"numbers beyond ±{Largest} overflow in a network, so show them in a larger unit",
        };
        throw new InvalidDataException($"the observation of the task {task.Name} in lane {lane} at step {step}" +
            $"{which} is {observations[place]}; {right}");
    }

    /// <summary>Returns if all rewards can be learned from.</summary>
    /// <param name="task">The task that gives them.</param>
    /// <param name="rewards">[N].</param>
    /// <param name="step">The number of the step within the trial, for the message.</param>
    /// <param name="firstLane">The number of the first lane, for the message.</param>
    /// <exception cref="NonFiniteException">A reward is a NaN or an infinity.</exception>
    /// <exception cref="InvalidDataException">One is so large that it would overflow.</exception>
    public static void RequireRewards(TaskDistribution task, ReadOnlySpan<float> rewards, int step, int firstLane = 0)
    {
        if (AreWithin(rewards, -Largest, Largest, whole: false))
            return;
        NonFiniteException.ThrowIfAny(rewards, "reward", step, firstLane: firstLane);
        int lane = 0;
        while (IsWithin(rewards[lane], -Largest, Largest, whole: false))
            lane++;
        throw new InvalidDataException(
            $"the reward of the task {task.Name} in lane {firstLane + lane} at step {step} " +
            $"is {rewards[lane]}; rewards beyond ±{Largest} overflow when they are added up, so give them in a " +
            "larger unit");
    }

    /// <summary>Returns if a player decided what the task lets be decided, in all lanes whose trial goes on.</summary>
    /// <param name="agent">Who plays.</param>
    /// <param name="space">What is decided.</param>
    /// <param name="actions">What was decided.</param>
    /// <param name="allowed">Which options may be chosen, [N, A]; empty where all of them may.</param>
    /// <param name="endings">What ended with the step before, [N].</param>
    /// <param name="step">The number of the step within the trial, for the message.</param>
    /// <exception cref="InvalidDataException">An option or a number that cannot be.</exception>
    public static void RequireActions(
        Agent agent, ActionSpace space, ReadOnlyActionSpan actions, ReadOnlySpan<bool> allowed,
        ReadOnlySpan<Endings> endings, int step)
    {
        for (int lane = 0; lane < endings.Length; lane++)
        {
            if ((endings[lane] & Endings.TrialEnded) != 0)
                continue;
            for (int k = 0, start = lane * space.Size; k < space.Choices; start += space.SizeOf(k++))
            {
                int option = actions.Choices[lane * space.Choices + k];
                if ((uint)option >= (uint)space.SizeOf(k))
                {
                    throw Wrong($"choice {k}", lane,
                        $"is option {option}; its options are whole numbers from 0 to {space.SizeOf(k) - 1}");
                }
                if (!allowed.IsEmpty && !allowed[start + option])
                    throw Wrong($"choice {k}", lane, $"is option {option}, which the task does not allow there");
            }
            for (int c = 0; c < space.Numbers; c++)
            {
                float number = actions.Numbers[lane * space.Numbers + c];
                if (!IsWithin(number, -1, 1, whole: false))
                    throw Wrong($"number {c}", lane, $"is {number}; its numbers are from -1 to 1");
            }
        }

        InvalidDataException Wrong(string what, int lane, string why) =>
            new($"the action of the agent {agent.Name} in lane {lane} at step {step} cannot be: its {what} {why}");
    }

    static bool IsWithin(float number, float least, float most, bool whole) =>
        number >= least && number <= most && (!whole || number == MathF.Floor(number));

    static bool AreWithin(ReadOnlySpan<float> numbers, float least, float most, bool whole)
    {
        int i = 0;
        var (low, high) = (new Vector<float>(least), new Vector<float>(most));
        Vector<int> within = Vector<int>.AllBitsSet;
        for (; i <= numbers.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            var some = new Vector<float>(numbers[i..]);
            within &= Vector.GreaterThanOrEqual(some, low) & Vector.LessThanOrEqual(some, high);
            if (whole)
                within &= Vector.Equals(some, Vector.Floor(some));
        }
        bool all = Vector.EqualsAll(within, Vector<int>.AllBitsSet);
        for (; i < numbers.Length; i++)
            all &= IsWithin(numbers[i], least, most, whole);
        return all;
    }
}
