using RLSquared.Tasks;

namespace RLSquared.MuJoCo;

/// <summary>
/// MuJoCo cannot be used, or a model cannot be loaded. The message is one sentence that says why and what helps.
/// </summary>
/// <param name="message">What went wrong.</param>
/// <param name="cause">The failure behind it, if any.</param>
public sealed class PhysicsException(string message, Exception? cause = null) : TaskException(message, cause);
