using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Cli.Tests.Dashboard;

/// <summary>A task of four steps that takes none while the gate is shut: for tests of what goes on meanwhile.</summary>
public sealed class PatientBandit : TaskDistribution
{
    internal static TaskEntry Entry { get; } = TaskEntry.Of(
        "patient", "waits at a gate", BernoulliBanditsOptions.Table, _ => new PatientBandit());

    /// <summary>Shut it, and no step is taken until it is open again, or for four minutes.</summary>
    public static ManualResetEventSlim Gate { get; } = new(initialState: true);

    public override string Name => "patient";
    public override IReadOnlyList<Assignment> Settings => new BernoulliBandits().Settings;
    public override ObservationSpace Observation => ObservationSpace.Nothing;
    public override ActionSpace Action => 5;
    public override int TrialLength => 4;
    public override Lanes CreateLanes(int count) => new PatientLanes(count);

    sealed class PatientLanes(int count) : Lanes
    {
        int step;

        public override int Count => count;

        public override void Begin(ulong seed, ulong firstTrial, Span<float> observations) => step = 0;

        public override void Step(
            ReadOnlyActionSpan actions, Span<float> observations, Span<float> rewards, Span<Endings> endings)
        {
            Gate.Wait(Deadline.Far);
            rewards.Fill(1);
            endings.Fill(++step == 4 ? Endings.Terminated | Endings.TrialEnded : Endings.Terminated);
        }
    }
}
