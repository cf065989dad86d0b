using RLSquared.Tasks;

namespace RLSquared.Agents;

/// <summary>Options that are not allowed, as networks see them.</summary>
static class ActionMasks
{
    // So far below any logit that its probability is exactly 0, and finite, so that no gradient is a NaN.
    public const float Forbidden = -1e9f;

    /// <summary>Writes what is added to logits: 0 for an allowed option, else a large negative number.</summary>
    public static void Write(ReadOnlySpan<bool> allowed, Span<float> added)
    {
        for (int i = 0; i < allowed.Length; i++)
            added[i] = allowed[i] ? 0 : Forbidden;
    }

    /// <summary>
    /// Asks the lanes what is allowed, and requires an option for each choice of a trial that goes on.
    /// </summary>
    /// <param name="task">What is played.</param>
    /// <param name="lanes">Its lanes.</param>
    /// <param name="endings">What ended with the last step, [N].</param>
    /// <param name="allowed">Receives [N, A].</param>
    /// <param name="step">The number of the step within the trial.</param>
    /// <param name="firstLane">The number of the first lane, for the message.</param>
    /// <exception cref="InvalidDataException">A choice has no option left; the message says where.</exception>
    public static void Ask(
        TaskDistribution task, Lanes lanes, ReadOnlySpan<Endings> endings, Span<bool> allowed, int step,
        int firstLane = 0)
    {
        ActionSpace space = task.Action;
        allowed.Fill(true);
        lanes.Allowed(allowed);
        for (int lane = 0; lane < endings.Length; lane++)
        {
            bool over = (endings[lane] & Endings.TrialEnded) != 0;
            for (int k = 0; k < space.Choices && !over; k++)
            {
                if (!allowed.Slice(lane * space.Size + space.StartOf(k), space.SizeOf(k)).Contains(true))
                {
                    throw new InvalidDataException($"the task {task.Name} allows no option of choice {k} at step " +
                        $"{step} in lane {firstLane + lane}; a choice must have one left");
                }
            }
        }
    }
}
