using RLSquared.Agents;
using RLSquared.Tasks;
using RLSquared.Tensors.Random;

namespace RLSquared.Opponents;

/// <summary>
/// Chooses every action with the same probability and learns nothing: the floor of every table. It plays any task.
/// </summary>
public sealed class RandomAgent : Agent
{
    /// <inheritdoc/>
    public override string Name => "random";

    /// <inheritdoc/>
    public override Player CreatePlayer(TaskDistribution task, int lanes)
    {
        ArgumentNullException.ThrowIfNull(task);
        return new RandomPlayer(task.Action);
    }

    sealed class RandomPlayer(ActionSpace space) : Player
    {
        ulong seed, firstTrial;

        public override void Begin(ulong seed, ulong firstTrial) => (this.seed, this.firstTrial) = (seed, firstTrial);

        public override void Act(in Percept percept, ActionSpan actions)
        {
            int K = space.Choices, C = space.Numbers, A = space.Size;
            for (int lane = 0; lane < percept.Lanes; lane++)
            {
                var key = new RandomKey(seed, RandomPurpose.Agent, firstTrial + (ulong)lane);
                RandomSequence random = key.Sequence((uint)percept.Step);
                ReadOnlySpan<bool> allowed =
                    percept.Allowed.IsEmpty ? [] : percept.Allowed.Slice(lane * A, A);
                for (int k = 0; k < K; k++)
                    actions.Choices[lane * K + k] = Choose(ref random, k, allowed);
                foreach (ref float number in actions.Numbers.Slice(lane * C, C))
                    number = 2 * (float)random.NextUniform() - 1;
            }
        }

        // Of the options that are allowed, where some are, each with the same probability.
        int Choose(ref RandomSequence random, int k, ReadOnlySpan<bool> allowed)
        {
            int size = space.SizeOf(k);
            ReadOnlySpan<bool> own = allowed.IsEmpty ? [] : allowed.Slice(space.StartOf(k), size);
            int left = own.Count(true);
            if (left == 0)
                return random.NextInt(size);
            int option = own.IndexOf(true);
            for (int skip = random.NextInt(left); skip > 0; skip--)
                option += 1 + own[(option + 1)..].IndexOf(true);
            return option;
        }
    }
}
