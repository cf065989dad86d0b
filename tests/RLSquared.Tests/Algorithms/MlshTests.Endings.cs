using RLSquared.Algorithms;
using RLSquared.Experience;
using RLSquared.Objectives;
using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Tests.Algorithms;

public sealed partial class MlshTests
{
    // ---- skills that learn when to end ----

    // The logit of handing over, of every skill, whatever is seen.
    static void SetEnds(SkillPolicy policy, float logit)
    {
        foreach (Parameter parameter in policy.Parameters.All)
        {
            if (parameter.Name.EndsWith("end.policy.head.bias", StringComparison.Ordinal))
                parameter.Value.CopyFrom([0, logit]);
        }
    }

    [Theory]
    [InlineData(-50f, 3)]                                       // of 12 steps, in slices of 4
    [InlineData(50f, 12)]
    public void A_slice_ends_where_its_skill_hands_over_and_after_all_its_steps_at_the_latest(float logit, int slices)
    {
        var task = new WhichPays(12);
        MlshOptions options = Small("terminations=true");
        using SkillPolicy policy = Mlsh.SkillsOf(task.Spaces, options, new ParameterSet(), 1);
        using var group = new MlshGroup(task, policy, options, 1, 0);
        SetEnds(policy, logit);
        group.Play();
        Assert.Equal(5 * slices, group.SliceCount);
        int decisions = logit < 0 ? 9 : 11;                     // none where a slice ends by itself
        Assert.Equal(5 * decisions, group.Decisions!.Active.Count(active => active != 0));
        Assert.Equal(logit < 0 ? 0 : 5 * 11, group.Decisions.Actions.Sum());
    }

    [Fact]
    public void Slices_that_are_cut_short_hold_the_steps_between_two_choices()
    {
        using var workers = new Workers(1);
        using var mlsh = new Mlsh(
            new WhichPays(12, endsEarly: true, episodes: 2), Small("terminations=true", "normalise-rewards=false"), 3,
            workers);
        SetEnds(mlsh.Policy, 0);
        mlsh.Iterate(0);
        MlshGroup group = mlsh.Groups[0];
        (Rollout steps, Rollout slices, Rollout decisions) = (group.Steps, group.Slices, group.Decisions!);
        bool[] kept = new bool[2];
        for (int lane = 0; lane < 5; lane++)
        {
            int slice = lane - 5, length = 4;
            float sum = 0;
            for (int row = lane; row < steps.N && steps.Active[row] != 0; row += 5)
            {
                bool begins = length == 4 || row < 5 || steps.Endings[row - 5] != Endings.None;
                Assert.Equal(!begins, decisions.Active[row] != 0);
                if (!begins)
                    kept[decisions.Actions[row]] = true;
                if (begins || decisions.Actions[row] == 1)
                {
                    if (slice >= 0)
                        Assert.Equal(sum, slices.Rewards[slice]);
                    (slice, sum, length) = (slice + 5, 0, 0);
                    Assert.Equal(steps.Observations[row], slices.Observations[slice]);
                }
                Assert.Equal(slices.Actions[slice], group.Skills[row]);
                (sum, length) = (sum + steps.Rewards[row], length + 1);
            }
            for (int row = lane; row < steps.N; row += 5)
                Assert.True(steps.Active[row] != 0 || decisions.Active[row] == 0);
            Assert.Equal(sum, slices.Rewards[slice]);
            for (slice += 5; slice < slices.N; slice += 5)
                Assert.Equal(0, slices.Active[slice]);
        }
        Assert.Equal([true, true], kept);
    }

    // Values of 0 (weights of 0), γ = 0.5, λ = 1: steps that pay 1, 0, 0, 4 return 1.5, 1, 2, 4. Whoever hands over at
    // the last three of them pays 0.25 for it.
    [Theory]
    [InlineData(50f, new float[] { 0.75f, 1.75f, 3.75f })]
    [InlineData(-50f, new float[] { 1, 2, 4 })]
    public void A_decision_is_credited_with_what_follows_less_the_cost_of_handing_over(float logit, float[] expected)
    {
        TaskDistribution task = TaskDistribution.FromEnvironment("pays", ObservationSpace.Vector(1), actions: 2,
            episodes: 1, maxStepsPerEpisode: 4, () => new Pays([1, 0, 0, 4]));
        MlshOptions options = Small("interval=4", "plays=1", "bootstrap=false", "normalise-rewards=false",
            "discount=0.5", "lambda=1", "master-minibatches=1", "terminations=true", "termination-cost=0.25");
        using SkillPolicy policy = Mlsh.SkillsOf(task.Spaces, options, new ParameterSet(), 1);
        using var group = new MlshGroup(task, policy, options, 1, 0);
        foreach (ParameterSet set in (ParameterSet[])[policy.Parameters, group.Master.Parameters])
        {
            foreach (Parameter parameter in set.All.Where(one => one.Name.Contains("value", StringComparison.Ordinal)))
                parameter.SetAll(0);
        }
        SetEnds(policy, logit);
        using var scale = new ReturnScale(0.5f, 4);
        group.Play();
        group.LearnMaster(scale);
        group.JudgeSteps();
        Assert.Equal(expected, group.Decisions!.Returns[1..]);
        Assert.Equal([0, 1, 1, 1], group.Decisions.Active);
        Assert.True(group.Decisions.Advantages[3] > group.Decisions.Advantages[1]);
    }

    [Fact]
    public void A_decision_is_kept_with_the_chance_that_the_skill_gave_it_which_was_in_charge_until_then()
    {
        TaskDistribution task = Asking("discrete");
        MlshOptions options = Small("terminations=true", "skills=3");
        using SkillPolicy policy = Mlsh.SkillsOf(task.Spaces, options, new ParameterSet(), 1);
        using var group = new MlshGroup(task, policy, options, 1, 0);
        for (int k = 0; k < 3; k++)
        {
            policy.Parameters.All.First(one => one.Name == $"skill{k}.end.policy.head.bias").Value.CopyFrom([0, k - 1]);
        }
        group.Play();
        int seen = 0;
        for (int row = 5; row < group.Steps.N; row++)
        {
            if (group.Decisions!.Active[row] == 0)
                continue;
            group.Tape.Reset();
            PolicyInput input = new TrialBatch(group.Steps, [row], group.Tape).Input(policy);
            float[] logs = policy.Decision(group.Skills[row - 5], group.Tape, input.Rows).LogProbs.ToArray();
            Assert.Equal(logs[group.Decisions.Actions[row]], group.Decisions.LogProbabilities[row], 1e-5f);
            seen++;
        }
        Assert.InRange(seen, 20, 60);
    }

    // At the first update the ratio is 1, so the loss of each skill is minus the mean advantage of its own decisions.
    [Fact]
    public void The_loss_of_decisions_is_the_sum_over_the_skills_that_took_them()
    {
        TaskDistribution task = Asking("discrete");
        MlshOptions options = Small("terminations=true", "skills=3", "value-weight=0", "minibatches=1", "plays=9");
        using SkillPolicy policy = Mlsh.SkillsOf(task.Spaces, options, new ParameterSet(), 1);
        using var group = new MlshGroup(task, policy, options, 1, 0);
        for (int k = 0; k < 3; k++)
            policy.Parameters.All.First(one => one.Name == $"skill{k}.end.policy.head.bias").Value.CopyFrom([0, k - 1]);
        using var scale = new ReturnScale(0.5f, 4);
        group.Play();
        group.LearnMaster(scale);
        group.JudgeSteps();
        var own = new List<double>[] { [], [], [] };
        for (int row = 9; row < group.Steps.N; row++)
        {
            if (group.Decisions!.Active[row] != 0)
                own[group.Skills[row - 9]].Add(group.Decisions.Advantages[row]);
        }
        group.Tape.Reset();
        group.Tape.Recording = true;
        Assert.Equal(-own.Sum(advantages => advantages.Average()) / 2, group.DecisionLoss(0, groups: 2).Item, 1e-5);
        Assert.All(own, advantages => Assert.True(advantages.Count > 3));
    }

    // Handing over buys nothing here, and costs: skills unlearn it.
    [Fact]
    public void Skills_learn_to_go_on_where_handing_over_costs()
    {
        using var workers = new Workers(1);
        MlshOptions options = Small(
            "terminations=true", "termination-cost=1", "warm-up=0", "plays=20", "learning-rate=0.003");
        using var mlsh = new Mlsh(new WhichPays(12), options, seed: 1, workers);
        SetEnds(mlsh.Policy, 0);
        double first = Figure(mlsh.Iterate(0), "slice"), last = 0;
        for (int i = 0; i < 20; i++)
            last = Figure(mlsh.Iterate(0), "slice");
        Assert.InRange(first, 1.6, 2.2);                        // 15/8 steps of 4 where each is a coin's throw
        Assert.InRange(last, 3, 4);
    }

    [Fact]
    public void Without_terminations_skills_have_no_ends_and_nothing_is_decided()
    {
        using var workers = new Workers(1);
        using var mlsh = new Mlsh(new WhichPays(12), Small("warm-up=0"), seed: 1, workers);
        Assert.False(Has(mlsh.Iterate(0), "slice"));
        Assert.Null(mlsh.Groups[0].Decisions);
        Assert.DoesNotContain(
            mlsh.Parameters.All, parameter => parameter.Name.Contains(".end.", StringComparison.Ordinal));
        Assert.Equal("termination-cost must be at least 0, but is -1",
            Assert.Throws<OptionException>(() => Small("termination-cost=-1")).Message);
    }
}
