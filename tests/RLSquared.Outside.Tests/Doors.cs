using RLSquared.Agents;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors.Random;

namespace RLSquared.Outside.Tests;

/// <summary>
/// A task of one's own with its own opponent, ceiling and options: a prize stays behind one of some doors.
/// </summary>
public sealed class Doors : TaskDistribution
{
    public const int Count = 4, Looks = 8;

    public override string Name => "doors";

    public override ObservationSpace Observation => ObservationSpace.Nothing;

    public override ActionSpace Action => Count;

    public override int TrialLength => Looks;

    public override IEnumerable<AgentEntry> Opponents =>
        [AgentEntry.Of<Sweeper>("sweeper", "opens one door after the other and stays at the prize")];

    public override TaskCeiling? Ceiling => TaskCeiling.OfEachTrial("prize known, out of reach", (_, _) => Looks);

    public override IEnumerable<Assignment> SuggestedOptions(string algorithm) =>
        algorithm == "rl2" ? Assignment.ParseAll(["hidden=16", "trials=128"]) : [];

    public override Lanes CreateLanes(int count) => new DoorLanes(count);

    sealed class DoorLanes(int count) : Lanes
    {
        readonly int[] prize = new int[count];
        int step;

        public override int Count => count;

        public override void Begin(ulong seed, ulong firstTrial, Span<float> observations)
        {
            step = 0;
            for (int lane = 0; lane < count; lane++)
            {
                RandomSequence random =
                    new RandomKey(seed, RandomPurpose.Task, firstTrial + (ulong)lane).Sequence(step: 0);
                prize[lane] = random.NextInt(Doors.Count);
            }
        }

        public override void Step(
            ReadOnlyActionSpan actions, Span<float> observations, Span<float> rewards, Span<Endings> endings)
        {
            bool last = ++step == Looks;
            for (int lane = 0; lane < count; lane++)
            {
                rewards[lane] = actions[lane] == prize[lane] ? 1 : 0;
                endings[lane] = last ? Endings.Terminated | Endings.TrialEnded : Endings.Terminated;
            }
        }
    }
}

/// <summary>An opponent of one's own.</summary>
public sealed class Sweeper : Agent
{
    public override string Name => "sweeper";

    public override Player CreatePlayer(TaskDistribution task, int lanes) => new SweepingPlayer(lanes);

    sealed class SweepingPlayer(int lanes) : Player
    {
        readonly int[] door = new int[lanes];

        public override void Begin(ulong seed, ulong firstTrial) => Array.Clear(door);

        public override void Act(in Percept percept, ActionSpan actions)
        {
            for (int lane = 0; lane < lanes; lane++)
            {
                if (percept.Step > 0 && percept.PreviousRewards[lane] == 0)
                    door[lane] = Math.Min(door[lane] + 1, Doors.Count - 1);
                actions[lane] = door[lane];
            }
        }
    }
}
