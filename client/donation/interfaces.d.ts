/** What Chromium alone has, as its specifications word it; each may be absent. */

interface BatteryManager extends EventTarget {
  readonly charging: boolean;
  /** 0 … 1. */
  readonly level: number;
}

interface NetworkInformation extends EventTarget {
  readonly saveData?: boolean;
}

interface Navigator {
  getBattery?(): Promise<BatteryManager>;
  readonly connection?: NetworkInformation;
}

interface PressureRecord {
  readonly state: "nominal" | "fair" | "serious" | "critical";
}

interface PressureObserver {
  /** Rejects where the permissions policy forbids it. */
  observe(source: "cpu", options?: { sampleInterval: number }): Promise<void>;
  disconnect(): void;
}

interface IdleDetector extends EventTarget {
  readonly userState: "active" | "idle" | null;
  readonly screenState: "locked" | "unlocked" | null;
  /** `threshold`: milliseconds without input, at least 60,000. Rejects where it is not permitted. */
  start(options: { threshold: number; signal: AbortSignal }): Promise<void>;
}

interface Permissions {
  query(descriptor: { name: "idle-detection" }): Promise<PermissionStatus>;
}

interface Window {
  readonly documentPictureInPicture?: DocumentPictureInPicture;
  PressureObserver?: new (callback: (records: PressureRecord[]) => void) => PressureObserver;
  IdleDetector?: {
    new (): IdleDetector;
    /** Needs a click. */
    requestPermission(): Promise<"granted" | "denied">;
  };
}

interface DocumentPictureInPicture {
  /** Needs a click. */
  requestWindow(size: { width: number; height: number }): Promise<Window>;
}
