using RLSquared.Algorithms;
using RLSquared.Experience;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;
using RLSquared.Tensors.Random;

namespace RLSquared.Tests.Algorithms;

/// <summary>Additions to Transitive RL: where values begin, recorded ways as bounds, near goals for plans.</summary>
public sealed class TransitiveAdditionsTests : IDisposable
{
    const float Gamma = 0.8f;

    readonly Workers workers = new(1);

    static readonly TransitiveRlOptions options = new()
    {
        Learning = RivalBench.Tiny with { Discount = Gamma },
        Extraction = Extraction.Discrete,
        DistanceWeight = 0,
    };

    public void Dispose() => workers.Dispose();

    static GoalBatch BatchOf(GoalProblem problem, params (int I, int K, int J)[] rows)
    {
        var batch = new GoalBatch(problem.Data(), 0, rows.Length, rows.Length);
        for (int b = 0; b < rows.Length; b++)
            (batch.Anchors[b], batch.Subgoals[0][b], batch.Goals[b]) = rows[b];
        return batch;
    }

    // logit(γᵀ) is the bias of the last layer, of the networks that learn and of those that follow.
    [Fact]
    public void All_goals_seem_the_initial_steps_away_at_first()
    {
        using var algorithm = new TransitiveRl(RivalBench.Problem(), options with { InitialSteps = 10 }, 1, workers);
        float value = MathF.Pow(Gamma, 10);
        foreach (string member in (string[])["critic.0.1.bias", "critic.1.1.bias"])
        {
            float bias = algorithm.Parameters.All.First(p => p.Name == member).Value.Read();
            Assert.Equal(value, 1 / (1 + MathF.Exp(-bias)), 1e-5f);
            Assert.Equal(bias, algorithm.Targets.Group.All.First(p => p.Name == member).Value.Read());
        }
        using var plain = new TransitiveRl(RivalBench.Problem(), options, 1, workers);
        Assert.Equal(0, plain.Parameters.All.First(p => p.Name == "critic.0.1.bias").Value.Read());
    }

    // Targets that say nearly 0 everywhere: what was recorded bounds each half; a half from another place does not.
    [Fact]
    public void A_recorded_way_bounds_its_halves_from_below_and_a_value_above_it_stays()
    {
        GoalProblem walk = RivalBench.Problem();
        using var low = new TransitiveRl(walk, options with { Recorded = true, InitialSteps = 1000 }, 1, workers);
        using GoalBatch batch = BatchOf(walk, (0, 2, 5), (0, 3, 4), (1, 1, 4));
        float[] found = Target(low, batch), wanted =
            [MathF.Pow(Gamma, 5), MathF.Pow(Gamma, 4), MathF.Pow(Gamma, 3)];
        for (int b = 0; b < wanted.Length; b++)
            Assert.Equal(wanted[b], found[b], 1e-5f);

        using var high = new TransitiveRl(walk, options with { Recorded = true, InitialSteps = 0.01f }, 1, workers);
        Assert.All(Target(high, batch), value => Assert.InRange(value, 0.7f, 1));
        using var plain = new TransitiveRl(walk, options with { InitialSteps = 1000 }, 1, workers);
        Assert.All(Target(plain, batch), value => Assert.InRange(value, 0, 1e-3f));
        using GoalBatch back = BatchOf(walk, (4, 4, 1));
        Assert.InRange(Target(low, back)[0], 0, 1e-3f);

        float[] Target(TransitiveRl algorithm, GoalBatch batch)
        {
            Tensor question = Tensor.Concatenate(batch.Observations(batch.Anchors), batch.Observations(batch.Goals),
                batch.Actions(batch.Anchors));
            return algorithm.Target(batch, 0, question).ToArray();
        }
    }

    [Fact]
    public void The_policy_of_a_plan_learns_goals_within_a_hop_and_others_all_of_the_future()
    {
        Assert.Equal([1, 2], Ahead(Extraction.Plan));
        Assert.Equal([1, 2, 3, 4, 5], Ahead(Extraction.Discrete));

        int[] Ahead(Extraction extraction)
        {
            using var algorithm = new TransitiveRl(
                RivalBench.Problem(), options with { Extraction = extraction, Reach = 2 }, 1, workers);
            using var batch = new GoalBatch(RivalBench.Problem().Data(), 0, 1, 1);
            var seen = new SortedSet<int>();
            RandomSequence random = new RandomKey(1, RandomPurpose.Other, 0).Sequence(0);
            for (int draw = 0; draw < 500; draw++)
            {
                algorithm.Draw(batch, 0, ref random);
                seen.Add(batch.ActorGoals[0] - batch.Anchors[0]);
            }
            return [.. seen];
        }
    }

    [Fact]
    public void Recorded_ways_are_no_bounds_where_chance_is_at_work() => Assert.Equal(
        "a recorded way may have been luck: leave recorded away where stochastic is on",
        Assert.Throws<OptionException>(() => new TransitiveRl(RivalBench.Problem(),
            options with { Recorded = true, Stochastic = true }, 1, workers)).Message);
}
