using RLSquared.Tasks;
using RLSquared.Tensors.Random;

namespace RLSquared.Agents;

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
        return new RandomPlayer(task.Actions);
    }

    sealed class RandomPlayer(int actionCount) : Player
    {
        ulong seed, firstTrial;

        public override void Begin(ulong seed, ulong firstTrial) => (this.seed, this.firstTrial) = (seed, firstTrial);

        public override void Act(in Percept percept, Span<int> actions)
        {
            for (int lane = 0; lane < actions.Length; lane++)
            {
                var key = new RandomKey(seed, RandomPurpose.Agent, firstTrial + (ulong)lane);
                RandomSequence random = key.Sequence((uint)percept.Step);
                actions[lane] = random.NextInt(actionCount);
            }
        }
    }
}
