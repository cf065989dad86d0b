using RLSquared.Agents;
using RLSquared.Evaluation;
using RLSquared.MuJoCo.Opponents;
using RLSquared.MuJoCo.Tasks;

namespace RLSquared.MuJoCo.Tests.Opponents;

public sealed class OpponentsTests
{
    [PhysicsFact]
    public void Tasks_name_the_agents_that_can_play_them()
    {
        Assert.Equal(["random", "still", "gait"], Names(new HalfCheetah(HalfCheetahGoal.Velocity)));
        Assert.Equal(["random", "still"], Names(new HalfCheetah(HalfCheetahGoal.Direction)));
        Assert.Equal(["random", "still"], Names(new Ant(AntGoal.Twowalk)));
        Assert.Throws<NotSupportedException>(
            () => new GaitAgent().CreatePlayer(new HalfCheetah(HalfCheetahGoal.Direction), 1));

        static string[] Names(LocomotionTask task) => [.. AgentCatalogue.For(task).Select(entry => entry.Name)];
    }

    // Standing still costs the mean speed that is asked, 1 a step, so about −400 in a trial; the deviation of a mean of
    // 12 trials is 67. The gait that finds the speed out must do much better in the same trials.
    [PhysicsFact]
    public void The_gait_finds_the_speed_out()
    {
        var task = new HalfCheetah(HalfCheetahGoal.Velocity);
        EvaluationResult result = Evaluator.Run(
            task, [new StillAgent(), new GaitAgent()], new EvaluationOptions { Instances = 12, Seed = 3 });
        double still = result.Agents[0].Score.Mean, gait = result.Agents[1].Score.Mean;
        Assert.InRange(still, -600, -200);
        Assert.True(gait > 0.4 * still, $"{gait} and {still}");
    }
}
