using RLSquared.Agents;
using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Opponents;
using RLSquared.Policies;
using RLSquared.Runs;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Tests.Algorithms;

public sealed partial class MlshTests
{
    // ---- transfer, play, files ----

    [Fact]
    public void In_a_transfer_skills_stay_and_a_master_learns_on()
    {
        using var workers = new Workers(1);
        using var mlsh = new Mlsh(new WhichPays(12), Small("joint=0", "groups=1", "warm-up=1"), seed: 1, workers);
        float[] skills = Weights(mlsh.Parameters);
        for (int i = 0; i < 5; i++)
            mlsh.Iterate(0);
        Assert.Equal(skills, Weights(mlsh.Parameters));
        Assert.Equal((0, 5), (mlsh.Groups[0].Trial, mlsh.Groups[0].Age));
        Assert.IsType<PolicyAgent>(mlsh.Agent);
    }

    [Theory]
    [InlineData("discrete")]
    [InlineData("masked")]
    [InlineData("mixed")]
    [InlineData("discrete", "terminations=true")]
    public void A_transfer_is_loaded_from_one_file_and_plays_as_before(string kind, params string[] more)
    {
        TaskDistribution task = Asking(kind);
        using var workers = new Workers(1);
        MlshOptions options = Small(["joint=0", "layers=3", "activation=relu", "skills=3", "interval=3", .. more]);
        using var mlsh = new Mlsh(task, options, seed: 1, workers);
        for (int i = 0; i < 3; i++)
            mlsh.Iterate(0);
        using var folder = new TemporaryFolder();
        string path = folder.At("policy.safetensors");
        Checkpoint.Write(path, mlsh, new CheckpointFacts(1, 2, 3, 4),
            new Dictionary<string, string>(RunConfiguration.Options(MlshOptions.Table.Show(options))));
        using TrainedPolicy loaded = TrainedPolicy.Load(path);
        EvaluationResult result = Evaluator.Run(
            task, [mlsh.Agent, new PolicyAgent("loaded", loaded.Network)], new() { Instances = 50, Threads = 1 });
        Assert.Equal(result.Agents[0].Totals, result.Agents[1].Totals);
        Assert.NotEqual(0, result.Agents[0].Score.Mean);
        using var actor = Agent.Load(path, new() { Greedy = true });
        var actions = new ActionBuffer(task.Action, 1);
        actor.Act([0.1f, 0.2f], [0], [false], actions.Span);
    }

    [Fact]
    public void The_skill_in_charge_is_known_to_those_who_watch()
    {
        var task = new WhichPays(12);
        using var workers = new Workers(1);
        using var mlsh = new Mlsh(task, Small("warm-up=1"), seed: 1, workers);
        using var game = new Game(task, mlsh.Agent, lanes: 2);
        game.Begin(3, 10);
        int?[] last = [null, null];
        while (game.Decide())
        {
            for (int lane = 0; lane < 2; lane++)
            {
                int? skill = game.Player.SkillInCharge(lane);
                Assert.InRange(skill!.Value, 0, 1);
                if (game.Steps % 4 != 0)
                    Assert.Equal(last[lane], skill);
                last[lane] = skill;
            }
            game.Step();
        }
        using var always = new Game(task, mlsh.Parts[1], lanes: 2);
        always.Begin(3, 10);
        Assert.True(always.Decide());
        Assert.Equal(1, always.Player.SkillInCharge(0));
        using var other = new Game(task, new RandomAgent(), lanes: 2);
        Assert.Null(other.Player.SkillInCharge(0));
    }

    [Theory]
    [InlineData("interval=5", "an interval of 5 steps does not divide the 12 steps of an episode of which-pays; " +
        "4 and 6 do")]
    [InlineData("interval=24", "an interval of 24 steps does not divide the 12 steps of an episode of which-pays; " +
        "12 does")]
    [InlineData("interval=0", "interval must be at least 1, but is 0")]
    [InlineData("skills=0", "skills must be at least 1, but is 0")]
    [InlineData("groups=0", "groups must be at least 1, but is 0")]
    [InlineData("plays=4096", "plays must be from 1 to 4095, but is 4096")]
    [InlineData("warm-up=-1", "warm-up must be at least 0, but is -1")]
    [InlineData("exploration=2", "exploration must be from 0 to 1, but is 2")]
    [InlineData("master-minibatches=16",
        "15 slices of an iteration cannot be cut into 16 minibatches; 15 or fewer can be")]
    public void Options_that_cannot_be_are_refused(string setting, string message)
    {
        using var workers = new Workers(1);
        var error = Assert.Throws<OptionException>(
            () => new Mlsh(new WhichPays(12), Small(setting), seed: 1, workers));
        Assert.Equal(message, error.Message);
    }

    [Fact]
    public void Tasks_that_show_images_and_games_of_other_processes_are_refused()
    {
        using var workers = new Workers(1);
        TaskDistribution mazes = TaskCatalogue.Create("mazes");
        Assert.Contains("use a recurrent policy", Assert.Throws<OptionException>(
            () => new Mlsh(mazes, MlshOptions.For(mazes), seed: 1, workers)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_default_interval_divides_the_episode()
    {
        Assert.Equal(10, MlshOptions.For(new MovementBandits()).Interval);
        Assert.Equal(7, MlshOptions.For(new WhichPays(7)).Interval);
        Assert.Equal(8, MlshOptions.For(new WhichPays(16)).Interval);
        MlshOptions course = MlshOptions.For(new SparseCourse());
        Assert.Equal((4, 25), (course.Skills, course.Interval));
    }
}
