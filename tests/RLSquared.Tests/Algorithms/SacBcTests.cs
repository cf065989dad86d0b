using RLSquared.Algorithms;
using RLSquared.Experience;
using RLSquared.Policies;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;

namespace RLSquared.Tests.Algorithms;

/// <summary>SAC+BC: its targets, the density of squashed actions, and what flows where.</summary>
public sealed class SacBcTests : IDisposable
{
    readonly Workers workers = new(1);

    public void Dispose() => workers.Dispose();

    [Fact]
    public void A_target_is_one_at_the_goal_and_the_discounted_next_value_elsewhere()
    {
        using var batch = new GoalBatch(RivalBench.Walk(), 0, 2, 2);
        (batch.Anchors[0], batch.Goals[0], batch.Anchors[1], batch.Goals[1]) = (3, 3, 1, 4);
        Tensor next = batch.Column([0.5f, 0.6f]);
        Assert.Equal([1, 0.9f * 0.6f], SacBc.Target(batch, next, 0.9f).ToArray());
    }

    // log N(u; μ, σ) − log(1 − tanh² u) by double arithmetic; σ = e^−0.5, and e^−5 where the network asks for less.
    [Theory, InlineData(0.3f, -0.5f, 1.1f), InlineData(-2, 0.2f, -1.5f), InlineData(4, -9, 0.7f)]
    public void The_density_of_a_squashed_action_is_that_of_its_number_over_the_slope(
        float mean, float logDeviation, float noise)
    {
        GoalProblem maze = RivalBench.Maze();
        using var parameters = new ParameterSet();
        var actor = new SquashedActor(parameters, new GoalInput(maze.Data()), RivalBench.Tiny.Network(), 1);
        using var arena = new Arena();
        var tape = new Tape(arena);
        (Tensor action, Tensor log) = actor.Draw(
            tape.Constant(new Shape(1, 4), [mean, 0, logDeviation, 0]), tape.Constant(new Shape(1, 2), [noise, 0]));
        double deviation = Math.Exp(Math.Max(logDeviation, -5)), u = mean + deviation * noise;
        double wanted = Density(u, noise, deviation) + Density(0, 0, 1);
        Assert.Equal(Math.Tanh(u), action.ToArray()[0], 1e-5);
        Assert.Equal(wanted, log.Read(), 1e-2);

        static double Density(double u, double noise, double deviation) => -noise * noise / 2 - Math.Log(deviation)
            - Math.Log(2 * Math.PI) / 2 - Math.Log(1 - Math.Tanh(u) * Math.Tanh(u));
    }

    [Theory, InlineData(true), InlineData(false)]
    public void The_policy_moves_no_critic_and_copies_as_much_as_it_is_told(bool isChoice)
    {
        GoalProblem problem = isChoice ? RivalBench.Problem() : RivalBench.Maze();
        Assert.Equal(Gradient(0, "critic"), Gradient(10, "critic"));
        Assert.NotEqual(Gradient(0, "actor"), Gradient(10, "actor"));
        Assert.Equal(Gradient(0, "temperature"), Gradient(10, "temperature"));

        float[] Gradient(float behaviour, string group)
        {
            using GoalAlgorithm algorithm = SacBc.Create(
                problem, new() { Learning = RivalBench.Tiny, Behaviour = behaviour }, 1, workers);
            using GoalBatch batch = RivalBench.Drawn(algorithm, problem, 16);
            return RivalBench.Gradient(algorithm, batch, group);
        }
    }

    // Of four choices at first weights the entropy is near its largest, ln 4: above what is asked, τ falls; below, it
    // grows.
    [Theory, InlineData(0.1f, 1), InlineData(1f, -1)]
    public void The_temperature_falls_where_there_is_more_entropy_than_asked(float asked, int sign)
    {
        GoalProblem walk = RivalBench.Problem();
        using GoalAlgorithm algorithm = SacBc.Create(
            walk, new() { Learning = RivalBench.Tiny, Entropy = asked }, 1, workers);
        if (sign < 0)
        {
            foreach (Parameter parameter in algorithm.Parameters.Group("actor").All)
                parameter.Value.CopyFrom([.. parameter.Value.ToArray().Select(weight => weight * 100)]);
        }
        using GoalBatch batch = RivalBench.Drawn(algorithm, walk, 16);
        Assert.Equal(sign, Math.Sign(RivalBench.Gradient(algorithm, batch, "temperature").Single()));
    }
}
