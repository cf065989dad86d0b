using System.Numerics.Tensors;
using RLSquared.Tasks;
using RLSquared.Tensors.Random;

namespace RLSquared.Opponents;

/// <summary>
/// Plans each episode as if the process were the posterior mean, with a bonus β / (1 + visits) on each mean reward, and
/// takes a share ε of the steps at random: <see cref="Greedy"/> (neither), <see cref="EpsilonGreedy"/> and
/// <see cref="Beb"/>.
/// </summary>
internal sealed class PosteriorMeanPlanner(
    TabularMdps task, int lanes, double priorMean, double bonus = 0, double epsilon = 0)
    : EpisodePlanner(task, lanes, priorMean)
{
    readonly float[] rewards = new float[new MdpLayout(task.States, task.Actions).Pairs];       // [A, W]

    protected override int Choose(int lane, MdpBelief belief, int state, int step, ref RandomSequence random)
    {
        int planned = base.Choose(lane, belief, state, step, ref random);
        return epsilon > 0 && random.NextUniform() < epsilon ? random.NextInt(Layout.Actions) : planned;
    }

    protected override void Plan(MdpBelief belief, int episode, ref RandomSequence random, Span<float> qualities)
    {
        AddBonus(belief, (float)bonus, rewards);
        Iterate(belief.Transitions, rewards, qualities);
    }

    /// <summary>The posterior mean of the rewards with β / (1 + visits) on top, [A, W].</summary>
    public static void AddBonus(MdpBelief belief, float bonus, Span<float> rewards)
    {
        TensorPrimitives.Divide(bonus, belief.Weights, rewards);
        TensorPrimitives.Add(rewards, belief.Means, rewards);
    }
}
