using RLSquared.Algorithms;
using RLSquared.Experience;
using RLSquared.Policies;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Random;

namespace RLSquared.Tests.Algorithms;

public sealed partial class MlshTests
{
    /// <summary>
    /// Each trial's task is an option of two: to choose it pays 1, and nothing that is observed tells which it is.
    /// Where episodes may end early, one does at a step that is drawn.
    /// </summary>
    sealed class WhichPays(int steps, bool endsEarly = false, int episodes = 1) : TaskDistribution
    {
        public override string Name => "which-pays";
        public override ObservationSpace Observation => ObservationSpace.Vector(1);
        public override ActionSpace Action => 2;
        public override int Episodes => episodes;
        public override int TrialLength => steps * episodes;
        public override Lanes CreateLanes(int count) => new PayLanes(this, count);

        public static int Right(ulong seed, ulong trial) =>
            new RandomKey(seed, RandomPurpose.Task, trial).Uniform(0) < 0.5f ? 0 : 1;

        sealed class PayLanes(WhichPays task, int count)
            : EpisodicLanes(task, task.Episodes, task.TrialLength / task.Episodes, count)
        {
            readonly int[] right = new int[count];
            readonly bool endsEarly = task.EndsEarly;

            protected override void BeginTrial(int lane, RandomKey key) => right[lane] = key.Uniform(0) < 0.5f ? 0 : 1;

            protected override void BeginEpisode(int lane, ref RandomSequence random)
            {
            }

            protected override bool Advance(
                int lane, ReadOnlyActionSpan actions, ref RandomSequence random, out float reward)
            {
                reward = actions[lane] == right[lane] ? 1 : 0;
                return endsEarly && random.NextInt(6) == 0;
            }

            protected override void Observe(int lane, Span<float> observation) => observation[0] = StepsInEpisode(lane);
        }

        bool EndsEarly => endsEarly;
    }

    /// <summary>Asks for choices and numbers near what it shows.</summary>
    sealed class Asks(ActionSpace space, bool masks) : SingleEnvironment
    {
        readonly float[] shown = new float[2];

        public override void Reset(ref RandomSequence random, Span<float> observation)
        {
            foreach (ref float number in shown.AsSpan())
                number = (float)random.NextUniform() - 0.5f;
            shown.CopyTo(observation);
        }

        public override StepResult Step(ReadOnlyActionSpan action, ref RandomSequence random, Span<float> observation)
        {
            float reward = 0;
            for (int k = 0; k < space.Choices; k++)
                reward += action.Choices[k] == (shown[k % 2] > 0 ? 1 : 0) ? 1 : 0;
            for (int c = 0; c < space.Numbers; c++)
                reward += 1 - Math.Abs(action.Numbers[c] - shown[c % 2]);
            Reset(ref random, observation);
            return new StepResult(reward, Terminated: random.NextInt(20) == 0);
        }

        public override void Allowed(Span<bool> allowed)
        {
            for (int k = 0; k < space.Choices && masks; k++)
            {
                if (space.SizeOf(k) > 2)
                    allowed[space.StartOf(k) + 2] = false;
            }
        }
    }

    static readonly Dictionary<string, (ActionSpace Space, bool Masks)> spaces = new()
    {
        ["discrete"] = (3, false),
        ["masked"] = (ActionSpace.MultiDiscrete(3, 4), true),
        ["continuous"] = (ActionSpace.Continuous(2), false),
        ["mixed"] = (ActionSpace.Mixed([2], 1), false),
    };

    public static TheoryData<string> Spaces => [.. spaces.Keys];

    static TaskDistribution Asking(string kind) => TaskDistribution.FromEnvironment(
        "asks", ObservationSpace.Vector(2), spaces[kind].Space, episodes: 1, maxStepsPerEpisode: 12,
        () => new Asks(spaces[kind].Space, spaces[kind].Masks), spaces[kind].Masks);

    static MlshOptions Small(params string[] settings) => MlshOptions.Table.Apply(
        new MlshOptions(), Assignment.ParseAll(
            ["hidden=16", "groups=2", "plays=5", "interval=4", "warm-up=2", "minibatches=2", .. settings]));

    static double Figure(IterationReport report, string name) => report.Figures.First(one => one.Name == name).Value;

    static bool Has(IterationReport report, string name) => report.Figures.Any(one => one.Name == name);

    static float[] Weights(ParameterSet parameters) => [.. parameters.All.SelectMany(one => one.Value.ToArray())];

    static float[] Skill(Mlsh mlsh, int k) =>
        [.. mlsh.Parameters.Group(SkillPolicy.GroupOf(k)).All.SelectMany(one => one.Value.ToArray())];

    // ---- what is played ----

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 1)]
    [InlineData(true, 3)]
    public void A_skill_stays_in_charge_for_a_slice_and_a_slice_ends_with_its_episode(bool endsEarly, int episodes)
    {
        using var workers = new Workers(1);
        using var mlsh = new Mlsh(new WhichPays(12, endsEarly, episodes), Small("normalise-rewards=false"), 3, workers);
        mlsh.Iterate(0);
        MlshGroup group = mlsh.Groups[0];
        (Rollout steps, Rollout slices) = (group.Steps, group.Slices);
        int shorter = 0;
        for (int lane = 0; lane < 5; lane++)
        {
            int slice = lane, length = 0;
            float sum = 0;
            for (int row = lane; row < steps.N && steps.Active[row] != 0; row += 5)
            {
                if (length == 0)
                {
                    Assert.Equal(1, slices.Active[slice]);
                    Assert.Equal(steps.Observations[row], slices.Observations[slice]);
                }
                Assert.Equal(slices.Actions[slice], group.Skills[row]);
                (sum, length) = (sum + steps.Rewards[row], length + 1);
                bool ends = steps.Endings[row] != Endings.None;
                if (length < 4 && !ends)
                    continue;
                Assert.Equal(sum, slices.Rewards[slice]);
                Assert.Equal(steps.Endings[row], slices.Endings[slice]);
                shorter += length < 4 ? 1 : 0;
                (slice, sum, length) = (slice + 5, 0, 0);
            }
            for (; slice < slices.N; slice += 5)
                Assert.Equal((0, Endings.TrialEnded), (slices.Active[slice], slices.Endings[slice]));
        }
        Assert.Equal(endsEarly, shorter > 0);
    }

    [Fact]
    public void All_plays_of_a_group_are_of_one_task_and_the_next_task_is_a_trial_that_no_group_has_had()
    {
        using var workers = new Workers(1);
        using var mlsh = new Mlsh(new WhichPays(4), Small("plays=8", "groups=3"), seed: 5, workers);
        List<long> trials = [];
        for (int i = 0; i < 9; i++)
        {
            mlsh.Iterate(0);
            foreach (MlshGroup group in mlsh.Groups)
            {
                int right = WhichPays.Right(5, (ulong)group.Trial);
                for (int row = 0; row < group.Steps.N; row++)
                    Assert.Equal(group.Steps.Actions[row] == right ? 1 : 0, group.Steps.Rewards[row]);
                if (group.Age == 1)
                    trials.Add(group.Trial);
            }
        }
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 8], trials);
    }

    [Fact]
    public void No_two_plays_draw_alike()
    {
        using var workers = new Workers(1);
        using var mlsh = new Mlsh(new WhichPays(20), Small("plays=3"), seed: 5, workers);
        HashSet<string> seen = [];
        for (int i = 0; i < 3; i++)
        {
            mlsh.Iterate(0);
            foreach (MlshGroup group in mlsh.Groups)
            {
                for (int lane = 0; lane < 3; lane++)
                {
                    IEnumerable<int> rows = Enumerable.Range(0, 20).Select(t => 3 * t + lane);
                    Assert.True(seen.Add(string.Join("", rows.Select(row => group.Steps.Actions[row]))));
                }
            }
        }
    }

    [Fact]
    public void A_task_that_is_played_very_often_goes_on_within_the_plays_that_a_trial_has()
    {
        var task = new WhichPays(4);
        MlshOptions options = Small("plays=2000");
        using SkillPolicy policy = Mlsh.SkillsOf(task.Spaces, options, new ParameterSet(), 1);
        using var group = new MlshGroup(task, policy, options, 1, 0);
        group.BeginTask(trial: 7, age: 0);
        group.Play();
        int[] first = [.. group.Steps.Actions];
        group.Play();
        group.Play();
        Assert.NotEqual(first, group.Steps.Actions);
        int right = WhichPays.Right(1, 7);
        Assert.Equal(group.Steps.Actions[0] == right ? 1 : 0, group.Steps.Rewards[0]);
    }

    [Fact]
    public void With_an_exploration_of_one_all_choices_are_uniform()
    {
        var task = new WhichPays(4);
        MlshOptions options = Small("plays=500", "exploration=1", "skills=4");
        using SkillPolicy policy = Mlsh.SkillsOf(task.Spaces, options, new ParameterSet(), 1);
        using var group = new MlshGroup(task, policy, options, 1, 0);
        Parameter bias = group.Master.Parameters.All.First(one => one.Name == "master0.policy.head.bias");
        bias.Value.CopyFrom([50, 0, 0, 0]);
        group.Play();
        for (int k = 0; k < 4; k++)
            Assert.InRange(group.Slices.Actions.Count(choice => choice == k), 90, 160);
    }

    // ---- the schedule ----

    [Fact]
    public void Skills_learn_in_exactly_the_joint_iterations_and_a_new_task_has_a_fresh_master()
    {
        using var workers = new Workers(1);
        using var mlsh = new Mlsh(new WhichPays(12), Small("joint=2"), seed: 1, workers);       // W = 2
        string learned = "", begun = "";
        for (int i = 0; i < 8; i++)
        {
            float[] before = [.. Skill(mlsh, 0), .. Skill(mlsh, 1)], master = Weights(mlsh.Groups[1].Master.Parameters);
            long task = mlsh.Groups[1].Trial;
            IterationReport report = mlsh.Iterate(0);
            learned += before.SequenceEqual([.. Skill(mlsh, 0), .. Skill(mlsh, 1)]) ? '.' : 'x';
            Assert.Equal(learned[^1] == 'x', Has(report, "policy_loss"));
            begun += mlsh.Groups[1].Trial == task ? '.' : 'x';
            Assert.NotEqual(master, Weights(mlsh.Groups[1].Master.Parameters));
        }
        Assert.Equal(("..xx..xx", "....x..."), (learned, begun));
    }

    [Fact]
    public void A_fresh_master_is_almost_indifferent_whatever_the_last_one_was()
    {
        using var workers = new Workers(1);
        using var mlsh = new Mlsh(new WhichPays(12), Small(), seed: 1, workers);
        MlshGroup group = mlsh.Groups[0];
        foreach (Parameter parameter in group.Master.Parameters.All)
            parameter.SetAll(3);
        group.BeginTask(40);
        group.Play();
        Assert.All(group.Slices.LogProbabilities.Where((_, i) => group.Slices.Active[i] != 0),
            log => Assert.Equal(Math.Log(0.5), log, 0.05));
        float[] one = Weights(group.Master.Parameters);
        group.BeginTask(41);
        Assert.NotEqual(one, Weights(group.Master.Parameters));
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void The_optimiser_of_a_master_begins_anew_or_goes_on(bool fresh, bool begins)
    {
        using var workers = new Workers(1);
        using var mlsh = new Mlsh(new WhichPays(12), Small($"fresh-optimiser={fresh}"), seed: 1, workers);
        for (int i = 0; i < 3; i++)
            mlsh.Iterate(0);
        long before = Updates();
        mlsh.Iterate(0);
        Assert.Equal(begins ? before / 3 : before * 4 / 3, Updates());

        long Updates() => StateList.Of(mlsh).Integers["master0.updates"];
    }

    [Theory]
    [InlineData(false, "1 1 1 1 1", "2 2 2 2 2")]
    [InlineData(true, "1 3 5 7 9", "2 4 6 8 10")]
    public void Staggered_groups_begin_apart_by_a_share_of_the_cycle(bool stagger, string first, string second)
    {
        using var workers = new Workers(1);
        MlshOptions options = Small($"stagger={stagger}", "groups=5", "warm-up=8", "joint=2");
        using var mlsh = new Mlsh(new WhichPays(4), options, seed: 1, workers);
        mlsh.Iterate(0);
        string Ages() => string.Join(' ', mlsh.Groups.Select(group => group.Age));
        Assert.Equal(first, Ages());
        mlsh.Iterate(0);
        Assert.Equal(second, Ages());
    }
}
