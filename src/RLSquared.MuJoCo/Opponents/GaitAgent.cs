using RLSquared.Agents;
using RLSquared.MuJoCo.Tasks;
using RLSquared.Tasks;

namespace RLSquared.MuJoCo.Opponents;

/// <summary>
/// A controller for <c>half-cheetah-velocity</c> made by hand, without learning: a fixed gait whose strength s an
/// integral controller sets, and an estimate of the speed that is asked. At step t of an episode, motor i is told
/// <code>
///   a(i) = s·(A(i)·sin(2π·f·t + φ(i)) + b(i)),      s ← clip(s + k·(g − v̄), 0, 1)
/// </code>
/// A reward tells |v − g|, and so two speeds; of a grid of them, the one that fits all rewards of the trial so far is
/// taken for g. The gait was found by a search (the cross-entropy method) over frequency, amplitudes, phases and
/// offsets; its speed grows from 0 to 2.2 m/s with s.
/// </summary>
sealed class GaitAgent : Agent
{
    const double Frequency = 3.051, Smoothing = 0.1, Integral = 0.02;
    const int Candidates = 61, SpeedColumn = 8;             // behind eight positions

    static readonly double[] amplitudes = [0.8, 0.865, -0.571, 0.579, 0.214, 0.515];
    static readonly double[] phases = [1.093, -3.479, 2.588, 4.191, 0.346, -1.806];
    static readonly double[] offsets = [-0.043, 0.096, 0.041, -0.114, 0.22, -0.139];

    public static AgentEntry Entry { get; } = AgentEntry.Of<GaitAgent>(
        "gait", "a fixed gait with an integral controller, which fits the speed to the rewards");

    public override string Name => "gait";

    public override Player CreatePlayer(TaskDistribution task, int lanes) =>
        task is HalfCheetah { Options.Goal: HalfCheetahGoal.Velocity } cheetah ? new GaitPlayer(cheetah, lanes)
            : throw new NotSupportedException(
                $"the agent gait runs half-cheetah-velocity only, not the task {task.Name}");

    sealed class GaitPlayer(HalfCheetah task, int lanes) : Player
    {
        readonly double[] misfits = new double[lanes * Candidates];     // [N, candidates], Σ (|v − g| − what was told)²
        readonly double[] strengths = new double[lanes];                // [N], s
        readonly double[] smooth = new double[lanes];                   // [N], v̄
        readonly double[] speeds = new double[lanes];                   // [N], at the end of the last step
        readonly int[] steps = new int[lanes];                          // [N], t

        public override void Begin(ulong seed, ulong firstTrial)
        {
            Array.Clear(misfits);
            Array.Clear(steps);
        }

        public override void Act(in Percept percept, ActionSpan actions)
        {
            int width = task.Observation.Width;
            for (int lane = 0; lane < lanes; lane++)
            {
                double speed = percept.Observations[lane * width + SpeedColumn];
                Span<double> fits = misfits.AsSpan(lane * Candidates, Candidates);
                if ((percept.PreviousEndings[lane] & Endings.EpisodeEnded) != 0)
                {
                    (steps[lane], smooth[lane]) = (0, 0);
                    strengths[lane] = percept.Step == 0 ? 0.5 : strengths[lane];
                }
                else
                {
                    double mean = 0.5 * (speeds[lane] + speed), effort = 0;
                    foreach (float control in percept.PreviousActions.Numbers.Slice(6 * lane, 6))
                        effort += control * control;
                    double told = -percept.PreviousRewards[lane] - task.Options.ControlCost * effort;
                    for (int k = 0; k < Candidates; k++)
                    {
                        double off = Math.Abs(mean - SpeedOf(k)) - told;
                        fits[k] += off * off;
                    }
                    smooth[lane] += Smoothing * (mean - smooth[lane]);
                    double error = SpeedOf(Best(fits)) - smooth[lane];
                    strengths[lane] = Math.Clamp(strengths[lane] + Integral * error, 0, 1);
                }
                speeds[lane] = speed;
                double angle = 2 * Math.PI * Frequency * 0.05 * steps[lane]++;
                for (int motor = 0; motor < 6; motor++)
                {
                    double wave = amplitudes[motor] * Math.Sin(angle + phases[motor]) + offsets[motor];
                    actions.Numbers[6 * lane + motor] = (float)Math.Clamp(strengths[lane] * wave, -1, 1);
                }
            }
        }

        double SpeedOf(int candidate) => task.Options.GoalHigh * candidate / (Candidates - 1);

        static int Best(ReadOnlySpan<double> fits)
        {
            int best = 0;
            for (int k = 1; k < fits.Length; k++)
                best = fits[k] < fits[best] ? k : best;
            return best;
        }
    }
}
