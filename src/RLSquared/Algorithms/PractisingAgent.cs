using RLSquared.Agents;
using RLSquared.Objectives;
using RLSquared.Policies;
using RLSquared.Tasks;

namespace RLSquared.Algorithms;

/// <summary>
/// What <see cref="Mlsh"/> learned, as an agent that plays trials: for each it first learns a fresh master on other
/// plays of the same task, with the skills as they are, for the W iterations of a warm-up (U where there is none). That
/// is the test protocol of the paper.
/// </summary>
sealed class PractisingAgent(SkillPolicy policy, MlshOptions options, ReturnScale scale) : Agent
{
    public override string Name => Mlsh.Called;

    public override Player CreatePlayer(TaskDistribution task, int lanes)
    {
        var player = (PolicyPlayer)new PolicyAgent(Name, policy).CreatePlayer(task, lanes);
        return new PractisingPlayer(player, task, policy, options, scale, lanes);
    }
}

/// <summary>N trials, each under a master that has practised its task.</summary>
sealed class PractisingPlayer(
    PolicyPlayer player, TaskDistribution task, SkillPolicy policy, MlshOptions options, ReturnScale scale, int lanes)
    : Player, IDisposable
{
    readonly MlpPolicy[] masters = [.. Enumerable.Range(0, lanes).Select(_ => policy.CreateMaster(0, "master"))];

    public override void Begin(ulong seed, ulong firstTrial)
    {
        player.Begin(seed, firstTrial);
        var memory = (SkillMemory)player.Memory;
        using var group = new MlshGroup(task, policy, options with { Exploration = 0 }, seed, number: 0);
        for (int lane = 0; lane < lanes; lane++)
        {
            group.BeginTask((long)firstTrial + lane);
            for (int i = 0; i < (options.WarmUp > 0 ? options.WarmUp : options.Joint); i++)
            {
                group.Play();
                group.LearnMaster(scale);
            }
            masters[lane].Parameters.CopyFrom(group.Master.Parameters);
            memory.SetMaster(lane, masters[lane]);
        }
    }

    public override void Act(in Percept percept, ActionSpan actions) => player.Act(percept, actions);

    internal override int? SkillInCharge(int lane) => player.SkillInCharge(lane);

    public void Dispose()
    {
        player.Dispose();
        foreach (MlpPolicy master in masters)
            master.Dispose();
    }
}

/// <summary>One skill that is always in charge: what it is good for.</summary>
sealed class SkillAgent(SkillPolicy policy, int skill) : Agent
{
    public override string Name => $"{Mlsh.Called} skill {skill}";

    public override Player CreatePlayer(TaskDistribution task, int lanes)
    {
        var player = (PolicyPlayer)new PolicyAgent(Name, policy).CreatePlayer(task, lanes);
        ((SkillMemory)player.Memory).Always = skill;
        return player;
    }
}
